/** Scripts against the kernel of this machine. */
import { LinkUnavailableError } from "../../../node/unavailable.ts";
import type { Judge } from "../run-job.ts";

/** @throws LinkUnavailableError where this process may not */
export function kernelJudge(): Judge {
  throw new LinkUnavailableError("scripts are not run against the kernel yet", "use --dut self");
}
