/** An SCTP association as a script: tags and TSNs as they were, and open what another run would have otherwise. */

import type { Packet } from "../language/script/packets.ts";
import type { Chunk, Parameter, Sctp } from "../language/script/sctp.ts";
import type { Recorded, Recording, Step } from "./record.ts";

/** The association from its first INIT on; why not, where there is none. */
export function recordAssociation(recorded: readonly Recorded[]): Recording | string {
  const opening = recorded.findIndex(({ seen }) => has(chunksOf(seen.packet), "INIT"));
  if (opening < 0) return "the capture does not hold the INIT of this association";
  const packets = recorded.slice(opening);
  const active = packets[0]!.outbound;
  const descriptor = active ? 3 : 4;
  const steps = openingCalls(packets[0]!.time, active);
  let closing = false;
  for (const { time, outbound, seen } of packets) {
    const chunks = chunksOf(seen.packet);
    if (outbound) steps.push(...callsBefore(chunks, time, descriptor, closing));
    closing ||= has(chunks, "SHUTDOWN") || has(chunks, "ABORT");
    steps.push({ time, action: packetOf(seen.packet, outbound) });
    if (has(chunks, "COOKIE_ACK") && !active) steps.push({ time, action: "accept(3, ..., ...) = 4" });
    if (has(chunks, "COOKIE_ACK") && active) {
      steps.push({ time, action: "getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0" });
    }
  }
  return { dialect: "nplab", options: [], steps };
}

function chunksOf({ content }: Packet): readonly Chunk[] {
  return content.protocol === "sctp" && content.body.form === "chunks" ? content.body.chunks : [];
}

function has(chunks: readonly Chunk[], type: Chunk["type"]): boolean {
  return chunks.some((chunk) => chunk.type === type);
}

function openingCalls(time: number, active: boolean): Step[] {
  const calls = active
    ? [
        "fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0",
        "connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)",
      ]
    : ["bind(3, ..., ...) = 0", "listen(3, 1) = 0"];
  return ["socket(..., SOCK_STREAM, IPPROTO_SCTP) = 3", ...calls].map((action) => ({ time, action }));
}

/** Messages are written before they leave, and the socket closed before it says so. */
function callsBefore(chunks: readonly Chunk[], time: number, descriptor: number, closing: boolean): Step[] {
  const steps: Step[] = [];
  for (const chunk of chunks) {
    if (chunk.type === "DATA" && chunk.len !== null) {
      const length = chunk.len - 16;
      steps.push({ time, action: `write(${descriptor}, ..., ${length}) = ${length}` });
    } else if (chunk.type === "SHUTDOWN" && !closing)
      steps.push({ time, action: `close(${descriptor}) = 0` });
  }
  return steps;
}

function packetOf(packet: Packet, outbound: boolean): Packet {
  const { content } = packet;
  if (content.protocol !== "sctp" || content.body.form !== "chunks") {
    return { ...packet, ip: {}, direction: outbound ? "outbound" : "inbound" };
  }
  const chunks = content.body.chunks.map((chunk) => (outbound ? expected(chunk) : sent(chunk)));
  const sctp: Sctp = { ...content, checksum: "good", body: { form: "chunks", chunks } };
  return { ...packet, ip: {}, direction: outbound ? "outbound" : "inbound", content: sctp };
}

/** What another run of the stack would choose otherwise is not checked. */
function expected(chunk: Chunk): Chunk {
  switch (chunk.type) {
    case "INIT":
    case "INIT_ACK":
      return { ...chunk, a_rwnd: null, os: null, is: null, parameters: null };
    case "SACK":
    case "NR_SACK":
      return { ...chunk, a_rwnd: null };
    case "COOKIE_ECHO":
      return { ...chunk, val: null };
    case "HEARTBEAT":
      return { ...chunk, parameters: [{ type: "HEARTBEAT_INFORMATION", len: null, val: null }] };
    default:
      return chunk;
  }
}

/** Cookies and heartbeats are those of the run; a cookie of our own is as long as it was. */
function sent(chunk: Chunk): Chunk {
  switch (chunk.type) {
    case "INIT_ACK":
      return { ...chunk, parameters: (chunk.parameters ?? []).map(anyCookie) };
    case "COOKIE_ECHO":
      return { ...chunk, len: null, val: null };
    case "HEARTBEAT_ACK":
      return { ...chunk, parameters: [{ type: "HEARTBEAT_INFORMATION", len: null, val: null }] };
    default:
      return chunk;
  }
}

function anyCookie(parameter: Parameter): Parameter {
  return parameter.type === "STATE_COOKIE" ? { ...parameter, val: null } : parameter;
}
