/** The parts of docs/ports.md that the program makes, and docs/systems.md whole. */
import { algorithmNames } from "../dist/cli/profile-names.js";
import { profileOf } from "../dist/cli/profiles.js";
import { Chooser } from "../dist/ports/choice/chooser.js";
import { address, registry, seededRandom } from "../dist/ports/index.js";
import { rangeText } from "../dist/ports/profiles/register/entry.js";
import { algorithmCommand, systemCommand } from "./plots.mjs";

/** What `<!-- generated: NAME -->` stands before in docs/ports.md. */
export function portsParts() {
  const pictures = algorithmNames.map((name) => [`picture_${name.replaceAll("-", "_")}`, picture(name)]);
  return { ...Object.fromEntries(pictures), probes: probesTable(), systems: systemsTable() };
}

function picture(name) {
  return [
    `![Ports in the order of choice, by ${name}](plots/algorithm-${name}.svg)`,
    "",
    "```sh checked",
    algorithmCommand(name),
    "```",
    "",
  ].join("\n");
}

// The order in which candidates are looked at.

const low = 50_000;
const high = 50_007;
const servers = { A: address("198.51.100.1"), B: address("198.51.100.2") };
/** Four choices, one a second. */
const journey = ["A", "A", "B", "A"];

function probesTable() {
  const rows = new Map();
  for (const { name, call, make, user, protocol } of selections()) {
    const cells = journey.map((_, i) => cellOf(probes(make, call, i)));
    const row = rows.get(`${name} ${cells}`) ?? { name, cells, users: new Map() };
    rows.set(`${name} ${cells}`, row);
    row.users.set(user, [...(row.users.get(user) ?? []), protocol]);
  }
  const all = [...rows.values()];
  return [
    `| selection | ${journey.map((to, i) => `choice ${i + 1}, to ${to}`).join(" | ")} | used by |`,
    `|---|${"---|".repeat(journey.length)}---|`,
    ...all.map((row) => `| \`${row.name}\` | ${row.cells.join(" | ")} | ${usersText(row, all)} |`),
    "",
  ].join("\n");
}

function cellOf(ports) {
  return ports.length === 0 ? "none" : `\`${ports.join(" ")}\``;
}

/** Whose it is; for which protocols, where another row has the same name and the same user. */
function usersText({ name, users }, all) {
  const texts = [...users].map(([user, protocols]) => {
    const rows = all.filter((each) => each.name === name && each.users.has(user));
    return rows.length === 1 ? user : `${user} (${[...new Set(protocols)].join(", ").toUpperCase()})`;
  });
  return texts.join(", ");
}

/** Every selection that an algorithm or a profile has, with whose it is. */
function* selections() {
  for (const algorithm of algorithmNames) {
    const { tcp } = profileOf({ profile: "iana", algorithm }).protocols;
    const make = (random) => tcp.selections(random).connect;
    yield { name: algorithm, call: "connect", make, user: "`--algorithm`", protocol: "tcp" };
  }
  for (const { profile } of registry)
    for (const protocol of ["tcp", "udp", "sctp"])
      for (const call of ["connect", "bind"]) {
        const make = (random) => profile.protocols[protocol].selections(random)[call];
        const name = make(seededRandom(1))?.name;
        if (name !== undefined) yield { name, call, make, user: `\`${profile.name}\``, protocol };
      }
}

const everythingSuits = { sets: [], setCount: 0, begin: () => {}, suits: () => true };

/** The last digits of the ports that choice number `last` looks at, in order, when none suits; the choices before took their first. */
function probes(make, call, last) {
  const random = seededRandom(1);
  const selection = make(random.fork("selections"));
  const chance = random.fork("choices");
  const chooser = new Chooser();
  for (let i = 0; i < last; i++) chooser.choose(selection, wish(call, i), everythingSuits, chance);
  if (selection.kind === "abreast") return abreast(selection.strands(wish(call, last), chance));
  const seen = [];
  const suits = (port) => {
    seen.push(port - low);
    return false;
  };
  chooser.choose(selection, wish(call, last), { ...everythingSuits, suits }, chance);
  return seen;
}

function abreast({ count, length, start }) {
  const seen = [];
  for (let ahead = 0; ahead < length; ahead++)
    for (let strand = 0; strand < count; strand++) {
      const port = (start(strand) + ahead) & 0xffff;
      if (port >= low && port <= high) seen.push(port - low);
    }
  return seen;
}

function wish(call, i) {
  return {
    ...{ protocol: "tcp", local: address("192.0.2.1"), low, high, band: "default", ownRange: false },
    ...{ reuseAddress: false, mayRelax: false, now: i * 1000 },
    remote: call === "connect" ? servers[journey[i]] : undefined,
    remotePort: call === "connect" ? 443 : 0,
    stepWidth: 0,
  };
}

// Systems.

function systemsTable() {
  return [
    "| profile | system | range | TIME-WAIT | known from |",
    "|---|---|---|---|---|",
    ...registry.map((entry) => {
      const { profile, title, version, evidence } = entry;
      const link = `[\`${profile.name}\`](systems.md#${anchor(profile.name)})`;
      const rest = `${profile.hold.length / 1000} s`;
      return `| ${link} | ${title} ${version} | ${rangeText(entry)} | ${rest} | ${known[evidence]} |`;
    }),
    "",
  ].join("\n");
}

const known = {
  measured: "measurements of a running one",
  source: "its source",
  documented: "its documents alone",
};

/** As GitHub makes anchors of headings. */
function anchor(name) {
  return name.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "");
}

export function systemsDocument() {
  return [
    "# The systems",
    "",
    "Every profile there is, with what it does and how that looks. Generated from the register of profiles by",
    "`node scripts/documents.mjs`; a test fails when it is out of date. How to read the pictures is told in",
    "[ports.md](ports.md#the-algorithms-in-pictures).",
    "",
    systemsTable(),
    ...registry.flatMap(section),
  ].join("\n");
}

/** In the system's own words. */
function exhaustedText({ protocols, errorNames = {} }) {
  const word = (errno) => errorNames[errno] ?? errno;
  return ["tcp", "udp", "sctp"]
    .map((protocol) => {
      const { bind, connect } = protocols[protocol].exhausted;
      return `${protocol.toUpperCase()} bind ${word(bind)}, connect ${word(connect)}`;
    })
    .join("; ");
}

function section(entry) {
  const { profile, title, version, algorithm, variant, evidence, source, sources = {}, notes } = entry;
  const { range, choice, sharing, errors, timeWait, receivers } = sources;
  const facts = [
    [
      "system",
      `${title} ${version}${variant === undefined ? "" : ` (${variant})`}`,
      `${known[evidence]}: ${source}`,
    ],
    ["range", rangeText(entry), range],
    ["algorithm", algorithm, choice],
    ["TIME-WAIT", `${profile.hold.length / 1000} s`, timeWait],
    ["no port left", exhaustedText(profile), errors],
    ["sharing", "as `harbormaster profiles` tells", sharing],
    ["receivers", "as `harbormaster profiles` tells", receivers],
    ...(notes === undefined ? [] : [["notes", notes, ""]]),
  ];
  return [
    `## ${profile.name}`,
    "",
    "| | | from |",
    "|---|---|---|",
    ...facts.map((cells) => `| ${cells.map((text = "") => text.replaceAll("|", "\\|")).join(" | ")} |`),
    "",
    `![Ports in the order of choice, by ${title} ${version}](plots/${profile.name}.svg)`,
    "",
    "```sh checked",
    systemCommand(profile.name),
    `harbormaster profiles ${profile.name}`,
    "```",
    "",
  ];
}
