/** packetdrill: the language, and running its scripts in virtual time. */

export { checkEvents } from "./language/check/check.ts";
export type { CheckSettings } from "./language/check/context.ts";
export { parseDefinition } from "./language/defines.ts";
export { guessDialect } from "./language/dialect.ts";
export { formatScriptError, type ScriptError, type ScriptErrorKind } from "./language/errors.ts";
export { type Parsed, type ParseSettings, parseScript } from "./language/grammar/parse.ts";
export { type HarnessRun, harnessRuns, harnessRunsOf } from "./language/harness.ts";
export { type IpVersion, type RunOptions, resolveOptions } from "./language/options.ts";
export { printPacket } from "./language/print/packets.ts";
export { printEvent, printScript } from "./language/print/print.ts";
export type * from "./language/script/packets.ts";
export type * from "./language/script/script.ts";
export type * from "./language/script/sctp.ts";
export { type RecordedPacket, readCapture } from "./record/capture-file.ts";
export { type RecordSettings, recordScript } from "./record/record.ts";
export type { CapturedPacket, Device, LoggedPacket, RealDevice, VirtualDevice } from "./run/device.ts";
export { type HostDeviceSettings, hostDevice } from "./run/host-device.ts";
export { linux3, linuxDefaults } from "./run/presets.ts";
export { type RunResult, type RunSettings, runScript, type Verdict } from "./run/runner.ts";
export { defaultLimits, type Limits } from "./run/virtual.ts";
