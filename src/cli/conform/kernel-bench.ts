/** The running kernel as the machine under test: each case in a private network namespace, in real time. */
import { release } from "node:os";
import { NotApplicableError, type TestBench } from "../../conform/device.ts";
import { isSince, modelOf } from "../../conform/vectors.ts";
import { loadKernelMachines } from "../../node/kernel-sockets-machine.ts";

/** @throws LinkUnavailableError where this process may not */
export async function kernelBench(): Promise<TestBench> {
  const open = await loadKernelMachines();
  const version = release();
  return {
    name: "kernel",
    refuses: (models) => refusal(models, version),
    open: (setup) => {
      try {
        return open(setup);
      } catch (error) {
        const { code, path } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" && path !== undefined) throw new NotApplicableError(`no ${path}`);
        throw error;
      }
    },
  };
}

function refusal(models: readonly string[], version: string): string | undefined {
  const told = models.map(modelOf).filter(({ name }) => name === "linux" || name === "any");
  if (told.length === 0) return `is about ${models.join(", ")}, and the kernel is Linux`;
  const fits = told.some(({ since }) => since === undefined || isSince(version, since));
  return fits ? undefined : `is about ${models.join(", ")}, and the kernel is ${version}`;
}
