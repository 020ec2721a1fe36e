import { describe, expect, test } from "vitest";
import { type ControlMessage, compareControl } from "../../../src/cli/packetdrill/kernel/control.ts";
import { injected } from "../../../src/cli/packetdrill/kernel/inject.ts";
import { words } from "../../../src/cli/packetdrill/kernel/memory.ts";
import { memoryInfoOf, tcpInfoOf } from "../../../src/cli/packetdrill/kernel/tcp-info.ts";
import type { World } from "../../../src/cli/packetdrill/kernel/world.ts";
import { virtioHeaderLength } from "../../../src/node/tun/virtio.ts";
import { emitPacket } from "../../../src/packetdrill/packets/packet-emit.ts";
import { expressionOf, packetOf } from "../../packetdrill/support/parse.ts";
import { outbound } from "../../packetdrill/support/seen.ts";

describe("struct tcp_info", () => {
  // Each byte is its own place, so that a field's value says where it was read.
  const bytes = Uint8Array.from({ length: 280 }, (_, index) => index);
  const little = (...places: number[]): number => places.reduceRight((value, byte) => value * 256 + byte, 0);

  test("has its fields where Linux has them", () => {
    const info = tcpInfoOf(bytes, bytes.length);
    expect(info["tcpi_state"]).toBe(0);
    expect(info["tcpi_options"]).toBe(5);
    expect(info["tcpi_rto"]).toBe(little(8, 9, 10, 11));
    expect(info["tcpi_snd_cwnd"]).toBe(little(80, 81, 82, 83));
    expect(info["tcpi_total_retrans"]).toBe(little(100, 101, 102, 103));
    expect(info["tcpi_pacing_rate"]).toBe(little(104, 105, 106, 107, 108, 109, 110, 111));
    expect(info["tcpi_min_rtt"]).toBe(little(148, 149, 150, 151));
    expect(info["tcpi_bytes_retrans"]).toBe(little(208, 209, 210, 211, 212, 213, 214, 215));
    expect(info["tcpi_rcv_wnd"]).toBe(little(232, 233, 234, 235) % 2 ** 32);
    expect(info["tcpi_total_rto_recoveries"]).toBe(little(242, 243));
  });

  test("takes its bit fields apart", () => {
    const info = tcpInfoOf(Uint8Array.of(0, 0, 0, 0, 0, 0, 0x87, 0x05), 8);
    expect(info).toMatchObject({
      tcpi_snd_wscale: 7,
      tcpi_rcv_wscale: 8,
      tcpi_delivery_rate_app_limited: 1,
      tcpi_fastopen_client_fail: 2,
    });
  });

  test("of an older kernel ends where it ends", () => {
    const info = tcpInfoOf(bytes, 104);
    expect(info).toHaveProperty("tcpi_total_retrans");
    expect(info).not.toHaveProperty("tcpi_pacing_rate");
  });

  test("goes with the socket's memory", () => {
    expect(memoryInfoOf(words(1, 2, 3, 4, 5, 6, 7, 8, 9))).toMatchObject({
      SK_MEMINFO_RMEM_ALLOC: 1,
      SK_MEMINFO_SNDBUF: 4,
      SK_MEMINFO_DROPS: 9,
    });
  });
});

describe("control messages", () => {
  const world = { context: { options: { toleranceUsecs: 4000 } }, zero: 1_000_000 } as unknown as World;

  function compare(text: string, ...actual: ControlMessage[]): string | undefined {
    const list = expressionOf(text);
    if (list.type !== "list") throw new Error("no list");
    return compareControl(list.items, actual, world);
  }

  const received = (value: number): ControlMessage => ({ level: 6, type: 36, data: words(value) });
  const wanted = "[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=5}]";

  test("are compared by number, kind and value", () => {
    expect(compare(wanted, received(5))).toBeUndefined();
    expect(compare(wanted, received(6))).toBe("control message 0: expected 5 but got 6");
    expect(compare(wanted)).toContain("Expected 1 control messages but got 0");
    expect(compare(wanted, { ...received(5), type: 1 })).toContain("level 6 type 1 came");
  });

  test("of extended errors are compared field by field", () => {
    const error = (info: number): ControlMessage => {
      const data = new Uint8Array(16);
      data[4] = 5;
      data.set(words(info), 8);
      return { level: 0, type: 11, data };
    };
    const text =
      "[{cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, cmsg_data={ee_errno=0, ee_origin=SO_EE_ORIGIN_ZEROCOPY, ee_type=0, ee_code=0, ee_info=7, ee_data=0}}]";
    expect(compare(text, error(7))).toBeUndefined();
    expect(compare(text, error(8))).toBe("control message 0: ee_info expected 7 but got 8");
  });

  test("of times count from the start of the script, within the tolerance; nought is any time", () => {
    const at = (microseconds: number): ControlMessage => {
      const data = new Uint8Array(48);
      const view = new DataView(data.buffer);
      view.setBigInt64(0, 1n, true);
      view.setBigInt64(8, BigInt(microseconds * 1000), true);
      return { level: 1, type: 37, data };
    };
    const text = (sec: number, nsec: number) =>
      `[{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING, cmsg_data={scm_sec=${sec}, scm_nsec=${nsec}}}]`;
    expect(compare(text(0, 10_000_000), at(13_000))).toBeUndefined();
    expect(compare(text(0, 10_000_000), at(15_000))).toContain("expected at 0.010000 but got 0.015000");
    expect(compare(text(0, 0), at(999_000))).toBeUndefined();
  });
});

describe("a packet for the kernel", () => {
  const packet = emitPacket(packetOf("< P. 1:4001(4000) ack 1 win 100"), outbound) as Uint8Array;

  test("counts as one segment, or as merged from several", () => {
    expect([...injected(packet, 0).subarray(0, virtioHeaderLength)]).toEqual(new Array(10).fill(0));
    expect([...injected(packet, 1000).subarray(0, virtioHeaderLength)]).toEqual([
      0, 1, 0, 0, 0xe8, 3, 0, 0, 0, 0,
    ]);
    expect([...injected(packet, 4000).subarray(0, 2)]).toEqual([0, 0]);
    expect(injected(packet, 1000).subarray(virtioHeaderLength)).toEqual(packet);
  });
});
