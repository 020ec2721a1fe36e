/** Packets as a script writes them. */

import type {
  Echoed,
  Encapsulation,
  Gre,
  Icmp,
  IpAnnotations,
  MplsLabel,
  Packet,
  Sequence,
  Tcp,
  TcpOption,
  TcpOptions,
} from "../script/packets.ts";
import type { Dialect } from "../script/script.ts";
import { printPorts, printSctp } from "./sctp.ts";

/** One packet; the dialects name some TCP options differently. */
export function printPacket(packet: Packet, dialect: Dialect = "google"): string {
  const direction = packet.direction === "inbound" ? "<" : ">";
  const annotations = printAnnotations(packet.ip);
  const psp = packet.pspSpi === undefined ? "" : `encap psp spi ${packet.pspSpi}`;
  const parts = [
    direction,
    ...packet.outer.map(printEncapsulation),
    annotations,
    psp,
    printContent(packet, dialect),
  ];
  return parts.filter((part) => part !== "").join(" ");
}

function printContent(packet: Packet, dialect: Dialect): string {
  const { content } = packet;
  const ports = packet.ports === undefined ? "" : `${printPorts(packet.ports)} `;
  switch (content.protocol) {
    case "tcp":
      return ports + printTcp(content, dialect);
    case "udp":
      return `udp ${ports}(${content.length})`;
    case "udplite":
      return `udplite ${ports}(${content.length}, ${content.coverage})`;
    case "icmp":
      return printIcmp(content);
    case "sctp":
      return ports + printSctp(content);
  }
}

function printAnnotations(ip: IpAnnotations): string {
  const parts: string[] = [];
  if (ip.ecn !== undefined) parts.push(ip.ecn);
  if (ip.tos !== undefined) parts.push(`tos ${hexadecimal(ip.tos)}`);
  if (ip.dscp !== undefined) parts.push(`dscp ${hexadecimal(ip.dscp)}`);
  if (ip.ttl !== undefined) parts.push(`ttl ${ip.ttl}`);
  if (ip.flowLabel !== undefined) parts.push(`flowlabel ${hexadecimal(ip.flowLabel)}`);
  return parts.length === 0 ? "" : `[${parts.join(", ")}]`;
}

function hexadecimal(value: number): string {
  return `0x${value.toString(16)}`;
}

function printEncapsulation(header: Encapsulation): string {
  switch (header.type) {
    case "ipv4":
    case "ipv6":
      return `${header.type} ${header.source} > ${header.destination}:`;
    case "mpls":
      return `mpls ${header.labels.map(printLabel).join(", ")}:`;
    case "gre":
      return `gre${printGre(header.gre)}:`;
  }
}

function printLabel(label: MplsLabel): string {
  const bottom = label.bottom ? "[S], " : "";
  return `(label ${label.label}, tc ${label.trafficClass}, ${bottom}ttl ${label.ttl})`;
}

function printGre(gre: Gre): string {
  const flags = [
    gre.checksumPresent ? "checksum present" : "",
    gre.keyPresent ? "key present" : "",
    gre.sequencePresent ? "sequence# present" : "",
  ].filter((flag) => flag !== "");
  const shown = flags.length === 0 ? "" : `, flags [${flags.join(", ")}]`;
  const values = [
    ["sum", gre.sum],
    ["off", gre.off],
    ["key", gre.key],
    ["seq", gre.seq],
  ] as const;
  return shown + values.map(([name, value]) => (value === undefined ? "" : `, ${name} ${value}`)).join("");
}

export function printTcp(tcp: Tcp, dialect: Dialect): string {
  const parts = [tcp.flags, printSequence(tcp.seq)];
  if (tcp.ack !== undefined) parts.push(`ack ${tcp.ack}`);
  if (tcp.win !== undefined) parts.push(`win ${tcp.win}`);
  if (tcp.urg !== undefined) parts.push(`urg ${tcp.urg}`);
  const options = printTcpOptions(tcp.options, dialect);
  if (options !== "") parts.push(options);
  if (tcp.udpEncapsulation !== undefined) parts.push(`/udp(${printPorts(tcp.udpEncapsulation)})`);
  if (tcp.diagnostic !== undefined) {
    const pen = tcp.diagnostic.pen === undefined ? "" : `, pen ${tcp.diagnostic.pen}`;
    parts.push(`[code ${tcp.diagnostic.code}${pen}]`);
  }
  return parts.join(" ");
}

function printSequence(seq: Sequence): string {
  if (seq.form === "free") return `...(${seq.length})`;
  return `${seq.start}:${seq.end}(${seq.length})${seq.form === "literal" ? "!" : ""}`;
}

export function printTcpOptions(options: TcpOptions, dialect: Dialect): string {
  if (options === null) return "<...>";
  if (typeof options === "string") return `<${options}>`;
  return options.length === 0
    ? ""
    : `<${options.map((option) => printTcpOption(option, dialect)).join(",")}>`;
}

export function printTcpOption(option: TcpOption, dialect: Dialect): string {
  switch (option.kind) {
    case "nop":
    case "eol":
    case "sackOK":
      return option.kind;
    case "mss":
    case "wscale":
      return `${option.kind} ${option.value}`;
    case "sack":
      return ["sack", ...option.blocks.map((block) => `${block.left}:${block.right}`)].join(" ");
    case "TS":
      return `TS val ${option.val ?? "..."} ecr ${option.ecr ?? "..."}${option.literalEcr ? "!" : ""}`;
    case "FO":
      return withBytes("FO", option.cookie);
    case "FOEXP":
      return withBytes(dialect === "google" ? "FOEXP" : "exp-FO", option.cookie);
    case "md5":
      return `md5 ${option.digest}`;
    case "AccECN":
      return printAccEcn(option, dialect);
    case "tarr":
      return option.rate === undefined ? "exp-tarr" : `exp-tarr ${option.rate}`;
    case "generic":
      return withBytes(`gen-${option.number}`, option.bytes);
    case "experimental":
      return withBytes(`exp-${option.id.toString(16).padStart(4, "0")}`, option.bytes);
  }
}

function withBytes(name: string, bytes: string): string {
  return bytes === "" ? name : `${name} ${bytes}`;
}

/** Counters in the order of their bytes. */
function printAccEcn(option: Extract<TcpOption, { kind: "AccECN" }>, dialect: Dialect): string {
  const { order, experimental, e0b, ceb, e1b } = option;
  const counters: [string, number | undefined][] = [
    ["e0b", e0b],
    ["ceb", ceb],
    ["e1b", e1b],
  ];
  if (order === 1) counters.reverse();
  const name = dialect === "google" ? "ECN" : `${experimental ? "exp-" : ""}AccECN${order}`;
  const prefix = dialect === "google" ? "" : "e";
  const written = counters.filter(([, value]) => value !== undefined);
  return [name, ...written.map(([counter, value]) => `${prefix}${counter} ${value}`)].join(" ");
}

function printIcmp(icmp: Icmp): string {
  const parts = ["icmp", icmp.type];
  if (icmp.code !== undefined) parts.push(icmp.code);
  if (icmp.mtu !== undefined) parts.push(`mtu ${icmp.mtu}`);
  if (icmp.id !== undefined) parts.push(`id ${icmp.id}`);
  if (icmp.echoed !== undefined) parts.push(`[${printEchoed(icmp.echoed)}]`);
  return parts.join(" ");
}

function printEchoed(echoed: Echoed): string {
  switch (echoed.protocol) {
    case "tcp":
      return printSequence(echoed.seq);
    case "udplite":
      return `udplite(${echoed.length}, ${echoed.coverage})`;
    default:
      return `${echoed.protocol}(${echoed.length})`;
  }
}
