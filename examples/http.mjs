// An HTTP server in memory, fetched three times over TCP of our own: each time from another port.
import { httpGet, httpServer, memoryFiles, Network } from "harbormaster";
import { iana } from "harbormaster/ports";

const network = new Network({ seed: 80 });
const browser = network.host("browser", { profile: iana });
const server = network.host("server");
network.link(browser, server, {
  delay: 30,
  rate: 10_000_000,
  ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }],
});

const files = memoryFiles({
  "hello.txt": new TextEncoder().encode("ahoy\n"),
  "large.bin": new Uint8Array(1_000_000),
});
httpServer(server, { address: "0.0.0.0", port: 80 }, { files });

for (const target of ["/hello.txt", "/large.bin", "/missing"]) {
  let bytes = 0;
  let status = 0;
  let port = 0;
  const options = { remote: { address: "10.0.0.2", port: 80 }, authority: "10.0.0.2", target };
  httpGet(browser, options, {
    connected: (local) => (port = local.port),
    head: (response) => (status = response.status),
    data: (part) => (bytes += part.length),
    done: () => console.log(`${port}: ${target} ${status}, ${bytes} bytes`),
    failed: (reason) => console.log(`${target}: ${reason}`),
  });
  network.run(5000);
}

// It prints:
// 49152: /hello.txt 200, 5 bytes
// 49153: /large.bin 200, 1000000 bytes
// 49154: /missing 404, 14 bytes
