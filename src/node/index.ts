/** What needs Node: the system's clock and chance, links to its kernel, captures on disk. */
export { type CaptureFile, type CaptureFileOptions, openCaptureFile } from "./capture-file.ts";
export { type SystemClockOptions, systemClock } from "./clock.ts";
export { systemRandom } from "./entropy.ts";
export { openPortHolder, type PortHolder } from "./holder.ts";
export { kernelPortRange, type PortRange, portRangeBeside } from "./kernel-range.ts";
export { type LinkProbe, type LinkProbes, probeLinks } from "./probe.ts";
export { openRaw, type RawOptions } from "./raw/raw.ts";
export { openTun, type TunOptions } from "./tun/tun.ts";
export { LinkUnavailableError } from "./unavailable.ts";
