/** tcpdump on the loopback interface of a namespace: what really passed there, whoever sent it. */
import { createSocket } from "node:dgram";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Namespace } from "./namespace.ts";
import { until } from "./wait.ts";

export interface Sniffer {
  /**
   * Ends the capture; everything that was sent before is in the file then, and a datagram of 32 bytes as its last packet.
   * @throws Error where packets were lost
   */
  stop(): Promise<void>;
}

/** Captures into `file` from when this resolves on: large buffers, whole packets. */
export async function sniff(namespace: Namespace, file: string): Promise<Sniffer> {
  const args = ["-n", "-U", "--immediate-mode", "-B", "65536", "-Z", "root", "-i", "lo", "-w", file];
  const running = namespace.start("tcpdump", args);
  await running.waitFor(/listening on/);
  return {
    stop: async () => {
      // Packets that wait when tcpdump ends are lost without a word: it must be seen to have read the last of them.
      const marker = Buffer.alloc(32, `end of ${file}`);
      await namespace.inside(() => sendToItself(marker));
      await until("the last packet in the capture", () => tailOf(file, marker.length).equals(marker), 30_000);
      const { stderr } = await running.stop("SIGINT");
      const lost = /(\d+) packets? dropped by kernel/.exec(stderr)?.[1];
      if (lost !== "0") throw new Error(`tcpdump lost packets: ${stderr}`);
    },
  };
}

function sendToItself(data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4").on("error", reject);
    socket.once("message", () => socket.close(() => resolve()));
    socket.bind(0, "127.0.0.1", () => socket.send(data, socket.address().port, "127.0.0.1"));
  });
}

function tailOf(file: string, length: number): Buffer {
  const fd = openSync(file, "r");
  const tail = Buffer.alloc(length);
  readSync(fd, tail, 0, length, Math.max(0, fstatSync(fd).size - length));
  closeSync(fd);
  return tail;
}
