/** From what was asked for to the runs there are to be: folders opened, each script with its IP versions. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { harnessRunsOf } from "../../packetdrill/language/harness.ts";
import type { IpVersion } from "../../packetdrill/language/options.ts";
import type { Dialect } from "../../packetdrill/language/script/script.ts";
import { UsageError } from "../failure.ts";
import type { DeviceName, ScriptJob, ScriptProfile } from "./job.ts";
import { suiteOfFile } from "./suite-of-file.ts";

export interface Wishes {
  readonly dut: DeviceName;
  readonly dialect?: Dialect;
  readonly ipVersion?: IpVersion | "all";
  readonly profile?: ScriptProfile;
  readonly tolerance?: number;
  readonly define?: ReadonlyMap<string, string>;
  readonly pcap?: string;
  readonly verbose?: true;
}

/** @throws UsageError where a file cannot be had, or a folder has no script. */
export function planJobs(files: readonly string[], wishes: Wishes): ScriptJob[] {
  const { dut: device, dialect, profile, tolerance, define = new Map<string, string>(), pcap } = wishes;
  return files.flatMap(scriptsIn).flatMap((file) =>
    runsOf(file, wishes.ipVersion).map(({ ipVersion, harness }) => ({
      ...{ file, ipVersion, harness, device, dialect, profile, tolerance, define },
      pcap: pcap === undefined ? undefined : join(pcap, captureName(file, ipVersion)),
      events: wishes.verbose ? ("told" as const) : ("untold" as const),
    })),
  );
}

/** The file itself, or all scripts under the folder, in the order of their names. */
function scriptsIn(path: string): string[] {
  const kind = kindOf(path);
  if (kind === "none") throw new UsageError(`no such file or folder: ${path}`);
  if (kind === "file") return [path];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".pkt"),
  );
  if (names.length === 0) throw new UsageError(`no script (.pkt) is in the folder ${path}`);
  return names.sort().map((name) => join(path, name));
}

function kindOf(path: string): "file" | "folder" | "none" {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return "none";
  return found.isDirectory() ? "folder" : "file";
}

/**
 * Without a wish a script runs once, as its suite runs it first, or over the version it names itself, in an option or by
 * its own name.
 */
function runsOf(
  file: string,
  wish: IpVersion | "all" | undefined,
): Pick<ScriptJob, "ipVersion" | "harness">[] {
  const known = suiteOfFile(file);
  const official = (known?.suite.runs(known.path) ?? harnessRunsOf(file)).map(({ ipVersion }) => ipVersion);
  if (wish === "all") return official.map((ipVersion) => ({ ipVersion, harness: "official" }));
  if (wish !== undefined) return [{ ipVersion: wish, harness: "official" }];
  if (known !== undefined && official[0] !== undefined)
    return [{ ipVersion: official[0], harness: "official" }];
  return [{ ipVersion: versionWritten(file) ?? harnessRunsOf(file)[0]!.ipVersion, harness: "none" }];
}

function versionWritten(file: string): IpVersion | undefined {
  const match = /^\s*--ip_version=(ipv4|ipv6|ipv4[-_]mapped[-_]ipv6)\b/m.exec(readFileSync(file, "latin1"));
  return match?.[1]?.replaceAll("_", "-") as IpVersion | undefined;
}

/** Its path without what leads out of the folder, so that two scripts never share a capture. */
function captureName(file: string, ipVersion: IpVersion): string {
  return `${file.replace(/^(?:\.{0,2}\/)+/, "").replaceAll("../", "")}.${ipVersion}.pcapng`;
}
