/** Objects' expectations of UDP, ICMP and SCTP. */
import { printPacket } from "../../packetdrill/language/print/packets.ts";
import type { Content } from "../../packetdrill/language/script/packets.ts";
import { comparePacket } from "../../packetdrill/packets/compare.ts";
import { annotations, anyPayload, comparePayload, literal, packetLike, unanswered } from "./expectations.ts";
import { lineOf } from "./lines.ts";
import { bytesOf } from "./payload.ts";
import type { Expectation, ExpectedIcmp, ExpectedSctp, ExpectedUdp } from "./wanted.ts";

export function expectUdp(wanted: ExpectedUdp): Expectation {
  const ip = annotations(wanted);
  const payload = wanted.payload === undefined ? undefined : bytesOf(wanted.payload);
  const length = payload?.length ?? wanted.length;
  const lengthOf = (came: number): number => literal(length, came);
  return {
    protocol: "udp",
    length: undefined,
    line: (seen) => {
      const live = seen?.packet.content;
      if (live?.protocol === "udp") return `> udp (${lengthOf(live.length)})`;
      return `> udp (${typeof length === "number" ? length : "..."})`;
    },
    mistake: ({ seen, payload: came }) =>
      comparePacket(
        packetLike(seen, ip, { protocol: "udp", length: lengthOf(came.length) }),
        anyPayload(seen),
      ) ??
      unanswered([["payload length", length, came.length]]) ??
      comparePayload(payload, came),
  };
}

export function expectIcmp(wanted: ExpectedIcmp): Expectation {
  const ip = annotations(wanted);
  const like = (live: Content): Content =>
    live.protocol === "icmp" && typeof wanted.type === "string"
      ? { ...live, type: wanted.type, ...codeOf(wanted, live.type === wanted.type ? live.code : undefined) }
      : live.protocol === "icmp"
        ? { ...live, ...codeOf(wanted, live.code) }
        : live;
  return {
    protocol: "icmp",
    length: undefined,
    line: (seen) => {
      if (seen !== undefined)
        return lineOf({ packet: packetLike(seen, ip, like(seen.packet.content)) }, { ip });
      const words = [wanted.type, wanted.code].map((word) => (typeof word === "string" ? word : "..."));
      return `> icmp ${words.join(" ")}`;
    },
    mistake: ({ seen }) => {
      const live = seen.packet.content;
      if (live.protocol !== "icmp") return undefined;
      const { mtu } = wanted;
      return (
        comparePacket(packetLike(seen, ip, like(live)), seen) ??
        unanswered([
          ["icmp_type", wanted.type, live.type],
          ["icmp_code", wanted.code, live.code],
          ["mtu", typeof mtu === "number" ? (value: unknown) => value === mtu : mtu, live.mtu],
        ])
      );
    },
  };
}

function codeOf({ code }: ExpectedIcmp, came: string | undefined): { code?: string } {
  const wanted = typeof code === "string" ? code : came;
  return wanted === undefined ? {} : { code: wanted };
}

export function expectSctp(wanted: ExpectedSctp): Expectation {
  const ip = annotations(wanted);
  const like = (live: Content): Content =>
    live.protocol !== "sctp"
      ? live
      : {
          ...live,
          ...(wanted.tag !== undefined && { tag: wanted.tag }),
          ...(wanted.chunks !== undefined && { body: { form: "chunks", chunks: wanted.chunks } }),
        };
  return {
    protocol: "sctp",
    length: undefined,
    line: (seen) => {
      const chunks = wanted.chunks ?? [];
      const content: Content = { protocol: "sctp", checksum: "good", body: { form: "chunks", chunks } };
      const packet = { kind: "packet", at: 0, direction: "outbound", outer: [], ip, content } as const;
      return seen === undefined
        ? printPacket(packet, "nplab")
        : lineOf({ packet: packetLike(seen, ip, like(seen.packet.content)) }, { ip });
    },
    mistake: ({ seen }) => comparePacket(packetLike(seen, ip, like(seen.packet.content)), seen),
  };
}
