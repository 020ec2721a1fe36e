/**
 * Shell commands without a shell: those that scripts use to set up a stack are understood and done to the device, those
 * that cannot matter to it pass, and anything else is unsupported, by name. Nothing is passed over in silence.
 */
import { SocketError } from "../../base/errno.ts";
import type { Microseconds } from "../language/script/script.ts";
import type { Device } from "./device.ts";
import { unsupported } from "./failure.ts";
import { linuxDefaults } from "./presets.ts";
import { lookUp } from "./text-commands.ts";

export interface CommandOutcome {
  /** Exit status. */
  readonly status: number;
  /** How long it took. */
  readonly duration: Microseconds;
}

const done: CommandOutcome = { status: 0, duration: 0 };

/**
 * Runs what stands in back quotes. Parts are joined by newlines, `;` and `&&`; the last one decides, and after `&&`
 * a failure ends it.
 */
export function runCommand(text: string, device: Device): CommandOutcome {
  let outcome = done;
  let duration = 0;
  let and = false;
  for (const { command, joined } of partsOf(text.replace(/\\\n/g, " "))) {
    if (and && outcome.status !== 0) break;
    outcome = runSimple(command, device);
    duration += outcome.duration;
    and = joined === "&&";
    if (command.startsWith("exit")) break;
  }
  return { status: outcome.status, duration };
}

interface Part {
  readonly command: string;
  /** What follows it. */
  readonly joined: string;
}

/** Where output goes that nobody reads. */
const quietly = /\s*[12&]?>\s*(?:\/dev\/null|&[12])/g;

/** Simple commands; quotes keep what separates. */
function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let read = 0;
  const pattern = /((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'\n;&]|&(?!&))*)(\n|;|&&|$)/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    read = pattern.lastIndex;
    const command = match[1]!
      .replace(/(^|\s)#.*$/, "")
      .replace(quietly, "")
      .trim();
    if (command !== "") parts.push({ command, joined: match[2]! });
    if (match[0] === "" || read >= text.length) break;
  }
  return read === text.length ? parts : unsupported(`command ${text.slice(read, read + 80)}`);
}

interface Form {
  readonly matches: RegExp;
  readonly run: (match: RegExpExecArray, device: Device) => CommandOutcome;
}

const forms: readonly Form[] = [
  { matches: /^(?:true|:)$/, run: () => done },
  { matches: /^false$/, run: () => ({ status: 1, duration: 0 }) },
  { matches: /^exit(?:\s+(\d+))?$/, run: (match) => ({ status: Number(match[1] ?? 0) & 0xff, duration: 0 }) },
  {
    matches: /^(?:\/bin\/)?sleep\s+(\d*\.?\d+)$/,
    run: (match) => ({ status: 0, duration: Math.round(Number(match[1]) * 1e6) }),
  },
  { matches: /(?:^|\/)defaults\.sh$/, run: (_match, device) => applyDefaults(device) },
  { matches: /^(?:\S*\/)?sysctl\s+(.+)$/, run: (match, device) => sysctl(match[1]!, device) },
  { matches: /(?:^|\/)set_sysctls\.py\s+(.+)$/, run: (match, device) => setSysctls(match[1]!, device) },
  // Every run has a stack of its own: there is nothing to restore, and no metrics of the one before.
  { matches: /^\/tmp\/sysctl_restore_\S+\.sh$/, run: () => done },
  { matches: /^ip\s+tcp_metrics\s+flush(?:\s+all)?$/, run: () => done },
  // What comes is never cut or put together; what leaves may be.
  {
    matches: /^(?:\S*\/)?ethtool\s+-K\s+\S+((?:\s+(?:tso|gso|gro|lro)\s+(?:on|off))+)$/,
    run: (match, device) => offload(match[1]!, device),
  },
  {
    matches: /^tc\s+qdisc\s+(?:add|replace)\s+dev\s+tun0\s+root\s+pfifo(?:_fast)?(?:\s+limit\s+\d+)?$/,
    run: () => done,
  },
];

function runSimple(command: string, device: Device): CommandOutcome {
  for (const { matches, run } of forms) {
    const match = matches.exec(command);
    if (match !== null) return run(match, device);
  }
  const status = lookUp(command, device);
  if (status !== undefined) return { status, duration: 0 };
  return unsupported(`command ${command.length > 80 ? `${command.slice(0, 80)}…` : command}`);
}

/** As the kernel does: with `gso` alone it cuts the packets itself before the device takes them. */
function offload(switches: string, device: Device): CommandOutcome {
  const found = /\s(?:tso|gso)\s+(on|off)/.exec(switches);
  if (found !== null) device.offload?.(found[1] as "on" | "off");
  return done;
}

function applyDefaults(device: Device): CommandOutcome {
  applySysctls(device, linuxDefaults);
  return done;
}

/** Sets what the device has of these, and leaves the rest, as the script defaults.sh does. */
export function applySysctls(device: Device, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    try {
      device.sysctl(name, value);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
    }
  }
}

/** `-q net.ipv4.tcp_sack=0 …`, values quoted where they have blanks. */
function sysctl(text: string, device: Device): CommandOutcome {
  const words = text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  const options = words.filter((word) => word.startsWith("-"));
  const ignoreUnknown = options.some((option) => /^-[a-z]*[ei]/.test(option));
  for (const word of words) {
    if (word.startsWith("-")) continue;
    const equals = word.indexOf("=");
    if (equals < 0) return unsupported(`reading sysctl ${word}`);
    set(
      word.slice(0, equals),
      arithmetic(word.slice(equals + 1).replace(/["']/g, "")),
      ignoreUnknown,
      device,
    );
  }
  return done;
}

/** Products, `$((10*1024*1024))`: the only arithmetic there is. */
function arithmetic(text: string): string {
  return text.replace(/\$\(\(\s*(\d+(?:\s*\*\s*\d+)*)\s*\)\)/g, (_all, factors: string) =>
    String(factors.split("*").reduce((product, factor) => product * Number(factor), 1)),
  );
}

function setSysctls(text: string, device: Device): CommandOutcome {
  for (const match of text.matchAll(/\/proc\/sys\/(\S+?)=("[^"]*"|\S*)/g)) {
    set(match[1]!.replaceAll("/", "."), match[2]!.replaceAll('"', ""), false, device);
  }
  return done;
}

/** A knob the stack does not have is not passed over, unless off is all that is asked of it. */
function set(name: string, value: string, ignoreUnknown: boolean, device: Device): void {
  try {
    device.sysctl(name, value);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    if (error.code !== "ENOENT") unsupported(`sysctl ${name}=${value} (${error.code})`);
    if (!ignoreUnknown && !immaterial.has(name) && !lacking.has(`${name}=${value}`))
      unsupported(`sysctl ${name}=${value}`);
  }
}

/**
 * Knobs of how many segments a burst has at least, how it is put off and how fast it leaves: each of ours is a packet of
 * its own, sent when its window lets it, and an expectation puts them together again. And of memory across runs.
 */
const immaterial: ReadonlySet<string> = new Set([
  ...["net.ipv4.tcp_pacing_ss_ratio", "net.ipv4.tcp_pacing_ca_ratio", "net.ipv4.tcp_limit_output_bytes"],
  ...["net.ipv4.tcp_no_metrics_save", "net.ipv4.tcp_fastopen_blackhole_timeout_sec"],
]);

/** What our stack does not do can as well be switched off. */
const lacking: ReadonlySet<string> = new Set([
  ...[
    "net.ipv4.tcp_ecn=0",
    "net.ipv4.tcp_fastopen=0",
    "net.ipv4.tcp_early_retrans=0",
    "net.ipv4.tcp_recovery=0",
  ],
  ...[
    "net.ipv4.tcp_frto=0",
    "net.ipv4.tcp_autocorking=0",
    "net.ipv4.tcp_fack=0",
    "net.ipv4.tcp_no_metrics_save=1",
  ],
]);
