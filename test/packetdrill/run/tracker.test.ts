import { describe, expect, test } from "vitest";
import { Tracker } from "../../../src/packetdrill/run/tracker.ts";
import type { Socket } from "../../../src/stack/socket.ts";
import { packetOf } from "../support/parse.ts";
import { local, outbound, remote, seenOf } from "../support/seen.ts";

const socket = {} as Socket;
const settings = {
  dialect: "google",
  local,
  remote,
  bindPort: 8080,
  connectPort: 8080,
  anyip: false,
} as const;
const tracker = (more: Partial<ConstructorParameters<typeof Tracker>[0]> = {}) =>
  new Tracker({ ...settings, ...more });

/** A listener with label 3. */
function listener(): Tracker {
  const made = tracker();
  made.opened(3, socket, "tcp");
  made.listening(3);
  return made;
}

describe("the socket under test", () => {
  test("is the last one made", () => {
    const sockets = tracker();
    sockets.opened(3, socket, "tcp");
    sockets.opened(4, socket, "udp");
    expect(sockets.current).toMatchObject({ label: 4, state: "NEW", protocol: "udp" });
    expect(sockets.labelled(3)).toMatchObject({ label: 3 });
  });

  test("is a child, from a port of its own, when a listener is sent something", () => {
    const sockets = listener();
    const child = sockets.inbound(packetOf("< S 700:700(0) win 1"));
    expect(child).toMatchObject({ state: "PACKET_RECEIVED", remote: 700, label: undefined });
    expect(child!.endpoints).toMatchObject({ sourcePort: 8080, destinationPort: 32768 });
    expect(sockets.inbound(packetOf("< S 900:900(0) win 1"))).toBe(child);
    sockets.opened(5, socket, "tcp");
    sockets.listening(5);
    expect(sockets.inbound(packetOf("< S 1:1(0) win 1"))!.endpoints.destinationPort).toBe(32769);
  });

  test("learns the stack's number from its SYN-ACK, and gets its descriptor from accept()", () => {
    const sockets = listener();
    const child = sockets.inbound(packetOf("< S 700:700(0) win 1"))!;
    sockets.expected(packetOf("> S. 50:50(0) ack 701"));
    expect(sockets.accepted(4, socket)).toBeUndefined();
    const envelope = { family: 4, ...child.endpoints } as const;
    expect(sockets.belongs(seenOf("S. 9999:9999(0) ack 701", envelope))).toBe(true);
    expect(child).toMatchObject({ state: "SYNACK_SENT", scriptLocal: 50, liveLocal: 9999 });
    sockets.inbound(packetOf("< . 1:1(0) ack 1 win 1"));
    expect(child.state).toBe("SYNACK_ACKED");
    expect(sockets.accepted(4, socket)).toBe(child);
    sockets.closed(4);
    expect(sockets.labelled(4)).toBeUndefined();
    expect(sockets.current).toBe(child);
  });

  test("that connects learns its port and number from its SYN", () => {
    const sockets = tracker();
    sockets.opened(3, socket, "tcp");
    sockets.connecting(3);
    const syn = { ...outbound, sourcePort: 45000, destinationPort: 8080 };
    expect(sockets.belongs(seenOf("S 77:77(0)", syn))).toBe(false);
    sockets.expected(packetOf("> S 5:5(0)"));
    expect(sockets.belongs(seenOf("S 77:77(0)", { ...syn, destinationPort: 81 }))).toBe(false);
    expect(sockets.belongs(seenOf("S 77:77(0)", syn))).toBe(true);
    expect(sockets.current).toMatchObject({
      scriptLocal: 5,
      liveLocal: 77,
      endpoints: { sourcePort: 45000 },
    });
    sockets.inbound(packetOf("< S. 900:900(0) ack 6 win 1"));
    expect(sockets.current).toMatchObject({ state: "SYN_ACKED", remote: 900 });
    expect(sockets.belongs(seenOf(". 78:78(0) ack 901", syn))).toBe(true);
    expect(sockets.belongs(seenOf("udp (5)", syn))).toBe(false);
  });

  test("of UDP learns its port from its first datagram", () => {
    const sockets = tracker();
    sockets.opened(3, socket, "udp");
    sockets.connecting(3);
    expect(sockets.belongs(seenOf("udp (5)", { ...outbound, sourcePort: 555, destinationPort: 8080 }))).toBe(
      true,
    );
    expect(sockets.current!.endpoints.sourcePort).toBe(555);
    expect(sockets.belongs(seenOf("udp (5)", { ...outbound, sourcePort: 556, destinationPort: 8080 }))).toBe(
      false,
    );
  });

  test("of UDP has ports at once with --is_anyip", () => {
    const sockets = tracker({ anyip: true });
    sockets.opened(3, socket, "udp");
    expect(sockets.current!.endpoints).toMatchObject({ sourcePort: 8080, destinationPort: 8080 });
  });

  test("is new again after connect() with AF_UNSPEC", () => {
    const sockets = tracker();
    sockets.opened(3, socket, "tcp");
    sockets.connecting(3);
    sockets.disconnected(3);
    expect(sockets.current!.state).toBe("NEW");
  });

  test("need not be in Google's dialect, in nplab's a packet makes one of a UDP socket that is bound", () => {
    expect(tracker().inbound(packetOf("< S 5:5(0) win 1"))).toMatchObject({ state: "PACKET_RECEIVED" });
    expect(tracker({ dialect: "nplab" }).inbound(packetOf("< S 5:5(0) win 1"))).toBeUndefined();
    const sockets = tracker({ dialect: "nplab" });
    sockets.opened(3, socket, "udp");
    expect(sockets.inbound(packetOf("< udp (5)"))).toMatchObject({ endpoints: { destinationPort: 32768 } });
  });

  test("takes ICMP between the two hosts", () => {
    const sockets = listener();
    expect(sockets.belongs(seenOf("icmp echo_reply"))).toBe(true);
    expect(tracker().belongs(seenOf("icmp echo_reply"))).toBe(false);
  });
});
