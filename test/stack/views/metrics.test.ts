import { expect, test } from "vitest";
import { Network } from "../../../src/stack/network.ts";
import { openMetrics } from "../../../src/stack/views/metrics.ts";
import { problemsOfMetrics } from "../../support/open-metrics.ts";
import { outcome } from "../support/fake-world.ts";

test("hosts as OpenMetrics: sockets, ports, links, counters and drops, each family once", () => {
  const network = new Network({ seed: 1 });
  const [a, b] = [network.host("a"), network.host('b "quoted"')];
  network.link(a, b, { ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }] });
  const listener = b.socket("AF_INET", "SOCK_STREAM");
  listener.bind({ address: "10.0.0.2", port: 80 });
  listener.listen(1);
  outcome(() => a.socket("AF_INET", "SOCK_STREAM").connect({ address: "10.0.0.2", port: 80 }));
  a.socket("AF_INET", "SOCK_DGRAM").sendTo(new Uint8Array(1), { address: "10.0.0.2", port: 9 });
  network.run(100);
  const text = openMetrics(a.snapshot(), b.snapshot());
  expect(problemsOfMetrics(text)).toEqual([]);
  const lines = text.split("\n");
  expect(lines).toContain('harbormaster_sockets{host="a",protocol="tcp",state="ESTABLISHED"} 1');
  expect(lines).toContain('harbormaster_port_bindings{host="a",protocol="tcp",state="in_use"} 1');
  expect(lines).toContain('harbormaster_drops_total{host="b \\"quoted\\"",layer="udp",reason="no-port"} 1');
  expect(lines).toContain('harbormaster_mib_total{host="a",counter="TcpActiveOpens"} 1');
  expect(
    lines.some((line) =>
      /^harbormaster_link_bytes_total\{host="a",interface="[^l].*",direction="out"\} [1-9]/.test(line),
    ),
  ).toBe(true);
  network.close();
});
