/**
 * Shell commands, truly run in the script's folder and the namespace of this thread, with a limit of time. The scripts
 * that the public suites keep in a common folder have stand-ins here, for where the suite comes without them.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { linuxDefaults } from "../../../packetdrill/run/presets.ts";
import { interfaceName } from "./machine.ts";

/** Milliseconds that a command has. */
const limit = 60_000;

export interface ShellOutcome {
  readonly status: number;
  /** What it wrote. */
  readonly output: string;
}

export class Shell {
  readonly #folder: string;
  readonly #standIns: string = mkdtempSync(join(tmpdir(), "hm-packetdrill-"));

  /** @param folder that commands are run in. */
  constructor(folder: string) {
    this.#folder = folder;
    for (const [name, text] of Object.entries(standIns)) {
      writeFileSync(join(this.#standIns, name), text);
      chmodSync(join(this.#standIns, name), 0o755);
    }
  }

  /** `sh -c`; 124 where it had no time left. The real tool tells its commands its own process id, and so do we. */
  run(command: string): ShellOutcome {
    const env = { ...process.env, PACKETDRILL_PID: String(process.pid) };
    const { status, stdout, stderr, error } = spawnSync("/bin/sh", ["-c", this.#withStandIns(command)], {
      ...{ cwd: this.#folder, env, timeout: limit, killSignal: "SIGKILL", encoding: "latin1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { status: status ?? 124, output: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`.trim() };
  }

  close(): void {
    rmSync(this.#standIns, { recursive: true, force: true });
    rmSync(`/tmp/sysctl_restore_${process.pid}.sh`, { force: true });
  }

  /** A path to a script we stand in for, where there is none. */
  #withStandIns(command: string): string {
    return command.replace(/[^\s`"';&|]*\/(defaults\.sh|set_sysctls\.py)\b/g, (path, name: string) =>
      existsSync(resolve(this.#folder, path)) ? path : join(this.#standIns, name),
    );
  }
}

/** The key that the suites' fast-open cookies are made with. */
const fastOpenKey = "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4";

/** Only the last command decides, as in the original: knobs that a kernel does not have are left. */
const defaults = [
  "#!/bin/sh",
  ...Object.entries(linuxDefaults).map(([name, value]) => `sysctl -q -w ${name}="${value}" 2>/dev/null`),
  `sysctl -q -w net.ipv4.tcp_fastopen_key=${fastOpenKey} 2>/dev/null`,
  "ip tcp_metrics flush all >/dev/null 2>&1",
  `tc qdisc replace dev ${interfaceName} root pfifo`,
];

/** Sets each `/proc/sys/…=value` and leaves behind what scripts call to undo it, which here the namespace's end does. */
const setSysctls = [
  "#!/bin/sh",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
  'for one in "$@"; do echo "${one#*=}" >"${one%%=*}" || exit 1; done',
  "restore=/tmp/sysctl_restore_$PACKETDRILL_PID.sh",
  'printf "#!/bin/sh\\nexit 0\\n" >$restore && chmod +x $restore',
];

const standIns: Readonly<Record<string, string>> = {
  "defaults.sh": `${defaults.join("\n")}\n`,
  "set_sysctls.py": `${setSysctls.join("\n")}\n`,
};
