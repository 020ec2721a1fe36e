/** Profiles as text: the table of all of them, and one of them whole. */
import type { ProfilePortrait, ProfileRow } from "../portrait/portrait.ts";
import { portrayedProtocols } from "../portrait/protocols.ts";
import type { Output } from "../terminal.ts";
import { type TableText, tableText } from "./columns.ts";

const head = ["profile", "system", "range", "TIME-WAIT", "evidence", "algorithm"] as const;

export function rowsText(rows: readonly ProfileRow[], output: Output): string {
  const cells = rows.map(({ name, title, version, range, hold, evidence, algorithm, variant }) => {
    const system = [title, version, variant === null ? "" : `(${variant})`];
    return [name, system.filter((part) => part !== "").join(" "), range, `${hold} s`, evidence, algorithm];
  });
  return tableText({ head, rows: cells, right: [3] }, output);
}

export function portraitText(portrait: ProfilePortrait, output: Output): string {
  const { bold } = output.colours;
  const table = (of: TableText): string => tableText(of, output);
  const { name, title, version } = portrait;
  return [
    `${bold(name)}  ${title} ${version}\n`,
    facts(portrait),
    `\n${bold("By protocol")}\n${table(protocolsTable(portrait))}`,
    `\n${bold("May a second socket be bound to the port?")}\n${table(sharingTable(portrait))}`,
    `\n${bold("TIME-WAIT")}\n${pairs(portrait.resting.map(({ question, answer }) => [question, answer]))}`,
    `\n${bold("Where it is from")}\n${pairs(sourceLines(portrait))}`,
    `\n${bold("Whom a packet is for, the best first")} ("or": by who came first)\n${table(receiversTable(portrait))}`,
  ].join("");
}

function facts(portrait: ProfilePortrait): string {
  const { range, bands, ownRange, algorithm, variant, evidence, source, notes } = portrait;
  const { namingReserved, v6Only, errorNames } = portrait;
  const words = Object.entries(errorNames);
  return pairs([
    ["range", range],
    ...(bands === null
      ? []
      : [["bands", `IP_PORTRANGE_HIGH ${bands.high.join("-")}, IP_PORTRANGE_LOW ${bands.low.join("-")}`]]),
    ["own range", ownRange ? "a socket may bring one (IP_LOCAL_PORT_RANGE)" : "no socket brings one"],
    ["privilege", privilegeText(portrait)],
    ...(namingReserved === null ? [] : [["reserved", `naming such a port gives ${namingReserved}`]]),
    ...(v6Only === null ? [] : [["V6ONLY", v6Only === "always" ? "set for good" : "set on a new socket"]]),
    ...(words.length === 0
      ? []
      : [["errors", words.map(([errno, name]) => `${errno} is ${name}`).join(", ")]]),
    ["algorithm", algorithm],
    ...(portrait.protocols.tcp.algorithms.length === 0 ? [] : [["algorithms", algorithmsText(portrait)]]),
    ...(variant === null ? [] : [["variant", variant]]),
    ["evidence", evidence],
    ["source", source],
    ...(notes === null ? [] : [["notes", notes]]),
  ]);
}

/** Which there are, and who takes one. */
function algorithmsText({ protocols, algorithmOption }: ProfilePortrait): string {
  const socket = algorithmOption === null ? "" : `, or each socket for itself (${algorithmOption})`;
  return `${protocols.tcp.algorithms.join(", ")}: the host takes one${socket}`;
}

function sourceLines({ source, sources }: ProfilePortrait): string[][] {
  if (sources === null) return [["all", source]];
  const { range, choice, sharing, errors, timeWait, receivers } = sources;
  return [
    ["range", range],
    ["choice of ports", choice],
    ["sharing", sharing],
    ["errors", errors],
    ["TIME-WAIT", timeWait],
    ["receivers", receivers],
  ];
}

function privilegeText({ unprivilegedStart, privilege, extraPrivileged }: ProfilePortrait): string {
  if (unprivilegedStart === 0) return "none is needed";
  const others = extraPrivileged === "" ? "" : ` and for ${extraPrivileged}`;
  return `for ports below ${unprivilegedStart}${others}${privilege === null ? "" : ", but not on a wildcard address"}`;
}

function protocolsTable({ protocols }: ProfilePortrait): TableText {
  const each = portrayedProtocols.map((protocol) => protocols[protocol]);
  const row = (label: string, of: (protocol: (typeof each)[number]) => string): string[] => [
    label,
    ...each.map(of),
  ];
  return {
    head: ["", ...portrayedProtocols],
    rows: [
      row("bind(2) to port 0 chooses by", ({ bind }) => bind),
      row("connect(2) chooses by", ({ bind, connect }) => connect ?? `${bind}, binding first`),
      row("no port left for bind(2)", ({ exhausted }) => exhausted.bind),
      row("for listen(2) of an unbound socket", ({ exhausted }) => exhausted.listen),
      row("for connect(2)", ({ exhausted }) => exhausted.connect),
      row("for sendto(2) of an unbound socket", ({ exhausted }) => exhausted.send),
      ...(each.every(({ exhausted6 }) => exhausted6 === null)
        ? []
        : [
            row(
              "for connect(2) of an IPv6 socket",
              ({ exhausted, exhausted6 }) => (exhausted6 ?? exhausted).connect,
            ),
          ]),
      ...(each.every(({ neverChosen }) => neverChosen === "")
        ? []
        : [row("never chosen", ({ neverChosen }) => neverChosen || "-")]),
      ...(each.every(({ keepsFree }) => keepsFree === 0)
        ? []
        : [row("keeps free", ({ keepsFree }) => String(keepsFree))]),
      row("connect(2) to a five-tuple in use", ({ duplicate }) => duplicate ?? "allowed"),
      row("receives from", ({ receivesFrom }) => `${receivesFrom}(2) on`),
      row("disconnected, keeps", ({ disconnect }) =>
        disconnect === "keeps-port" ? "its port" : "a named port",
      ),
      row("SO_REUSEPORT balances", ({ balances }) => (balances ? "yes" : "no")),
    ],
  };
}

function sharingTable({ sharing }: ProfilePortrait): TableText {
  return {
    head: ["", ...portrayedProtocols],
    rows: sharing.map(({ question, answers }) => [
      question,
      ...portrayedProtocols.map((protocol) => answers[protocol]),
    ]),
  };
}

function receiversTable({ receivers }: ProfilePortrait): TableText {
  const longest = Math.max(...portrayedProtocols.map((protocol) => receivers[protocol].length));
  return {
    head: ["", ...portrayedProtocols],
    rows: Array.from({ length: longest }, (_, i) => [
      String(i + 1),
      ...portrayedProtocols.map((protocol) => receivers[protocol][i] ?? ""),
    ]),
  };
}

function pairs(lines: readonly (readonly string[])[]): string {
  const width = Math.max(...lines.map(([label]) => label!.length));
  return `${lines.map(([label, text]) => `${label!.padEnd(width)}  ${text}`).join("\n")}\n`;
}
