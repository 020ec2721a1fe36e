/** The running kernel as the machine under test: each case in a private network namespace, in real time. */
import { release } from "node:os";
import { type DeviceSetup, NotApplicableError, type TestBench } from "../../conform/device.ts";
import { isSince, modelOf } from "../../conform/vectors.ts";
import { loadKernelMachines } from "../../node/kernel-sockets/kernel-sockets-machine.ts";
import { LinkUnavailableError } from "../../node/unavailable.ts";

/** `patience`: milliseconds that a connection is waited for. @throws LinkUnavailableError where this process may not */
export async function kernelBench(patience?: number): Promise<TestBench> {
  const open = await loadKernelMachines();
  const version = release();
  open({ sysctl: {}, addresses: [] }).close();
  return {
    name: "kernel",
    refuses: (models) => refusal(models, version),
    open: (setup) => {
      try {
        return open({ ...setup, sysctl: knobsOf(setup), patience });
      } catch (error) {
        const { code, path } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" && path !== undefined) throw new NotApplicableError(`no ${path}`);
        throw error;
      }
    },
    isAbsence: (error) => error instanceof LinkUnavailableError,
  };
}

function refusal(models: readonly string[], version: string): string | undefined {
  const told = models.map(modelOf).filter(({ name }) => name === "linux" || name === "any");
  if (told.length === 0) return `is about ${models.join(", ")}, and the kernel is Linux`;
  const fits = told.some(({ since }) => since === undefined || isSince(version, since));
  return fits ? undefined : `is about ${models.join(", ")}, and the kernel is ${version}`;
}

/** `net.ipv4.tcp_fastopen`: 1 for clients and 2 for servers. */
function knobsOf({ sysctl, range, fastOpen }: DeviceSetup): Readonly<Record<string, string>> {
  return {
    ...(fastOpen && { "net.ipv4.tcp_fastopen": "3" }),
    ...sysctl,
    ...(range && { "net.ipv4.ip_local_port_range": range.join(" ") }),
  };
}
