/** Injecting packets into the stack, at one time. */
import { printPacket } from "../packetdrill/language/print/packets.ts";
import type { Packet } from "../packetdrill/language/script/packets.ts";
import type { EventTime } from "../packetdrill/language/script/script.ts";
import { dialectOf } from "./packets/lines.ts";
import {
  bytesOfPacket,
  type IcmpMessage,
  inbound,
  type SctpPacket,
  type TcpSegment,
  tcpContent,
  type UdpDatagram,
} from "./packets/outgoing.ts";
import { packetFrom } from "./packets/packet-text.ts";
import { bytesOf } from "./packets/payload.ts";
import type { Remote } from "./remote.ts";
import type { World } from "./world.ts";

/** @throws TypeError and RangeError for what no packet can be. */
export class Inject {
  readonly #world: World;
  readonly #remote: Remote;
  readonly #time: EventTime;

  constructor(world: World, remote: Remote, time: EventTime) {
    this.#world = world;
    this.#remote = remote;
    this.#time = time;
  }

  /** `". 1:1(0) ack 1 win 1000"`, or an object, whose numbers go on from what went before. */
  tcp(segment: string | TcpSegment): void {
    if (typeof segment === "string") {
      this.#send(packetFrom(`< ${segment}`, "inbound", this.#remote.settings.family, "tcp"), undefined);
      return;
    }
    const past = { numbers: this.#remote.numbers.current, window: this.#remote.window };
    const payload = segment.payload === undefined ? undefined : bytesOf(segment.payload);
    this.#checked(inbound(tcpContent(segment, past), segment), payload);
  }

  /** So many zeros, a text, or an object. */
  udp(datagram: number | string | UdpDatagram = {}): void {
    const wanted: UdpDatagram =
      typeof datagram === "number"
        ? { length: datagram }
        : typeof datagram === "string"
          ? { payload: datagram }
          : datagram;
    const payload = wanted.payload === undefined ? undefined : bytesOf(wanted.payload);
    this.#checked(
      inbound({ protocol: "udp", length: payload?.length ?? wanted.length ?? 0 }, wanted),
      payload,
    );
  }

  /** `"unreachable frag_needed mtu 1200 [1:1001(1000)]"`, or an object. */
  icmp(message: string | IcmpMessage): void {
    if (typeof message === "string") {
      this.#send(packetFrom(`< icmp ${message}`, "inbound", this.#remote.settings.family, "icmp"), undefined);
      return;
    }
    const { type, code, mtu, id, echoed } = message;
    const rest = {
      ...(code && { code }),
      ...(mtu !== undefined && { mtu }),
      ...(id !== undefined && { id }),
    };
    this.#checked(
      inbound({ protocol: "icmp", type, ...rest, ...(echoed && { echoed }) }, message),
      undefined,
    );
  }

  /** `"INIT[flgs=0, tag=1, a_rwnd=1500, os=1, is=1, tsn=1]"`, or an object. Tags and TSNs go out as written. */
  sctp(packet: string | SctpPacket): void {
    if (typeof packet === "string") {
      this.#send(packetFrom(`< sctp: ${packet}`, "inbound", this.#remote.settings.family, "sctp"), undefined);
      return;
    }
    const { tag, checksum = "good", chunks } = packet;
    const body = { form: "chunks", chunks } as const;
    this.#checked(
      inbound({ protocol: "sctp", checksum, ...(tag !== undefined && { tag }), body }, packet),
      undefined,
    );
  }

  /** A line of a script: `"< . 1:1(0) ack 1 win 1000"`. */
  packet(line: string): void {
    this.#send(packetFrom(line, "inbound", this.#remote.settings.family, undefined), undefined);
  }

  /** What an object says may be as wrong as what a line says, and is found in the same way. */
  #checked(packet: Packet, payload: Uint8Array | undefined): void {
    packetFrom(scriptLine(packet), "inbound", this.#remote.settings.family, undefined);
    this.#send(packet, payload);
  }

  #send(packet: Packet, payload: Uint8Array | undefined): void {
    const { timeline, pass, inject } = this.#world;
    const schedule = timeline.schedule(this.#time, "inbound");
    if (schedule.start < timeline.now())
      throw new RangeError(`${schedule.start / 1e6} s has passed, it is ${timeline.now() / 1e6} s`);
    pass(schedule.start, () => false);
    const remote = this.#remote;
    remote.sends(packet);
    const { envelope, timestamps, quoted } = remote;
    const around = { envelope, timestamps, quoted, numbers: remote.numbers.current };
    inject(remote, bytesOfPacket(packet, payload, around), scriptLine(packet));
  }
}

/** A timestamp that is sent as it is has no spelling of its own in Google's dialect. */
function scriptLine(packet: Packet): string {
  const { content } = packet;
  if (content.protocol !== "tcp" || !Array.isArray(content.options))
    return printPacket(packet, dialectOf(packet));
  const options = content.options.map((option) =>
    option.kind === "TS" ? { ...option, literalEcr: false } : option,
  );
  return printPacket({ ...packet, content: { ...content, options } }, "google");
}
