/** Why a port was chosen, in one line: where the search began, what it passed over and why, where it ended. */
import type { Instant } from "../../base/clock.ts";
import { formatEndpoint } from "../../base/endpoint.ts";
import type { Explanation, PassedOver } from "../../ports/explain.ts";
import { spanText } from "./quantities.ts";

/** More groups than this are counted, not listed. */
const mostGroups = 4;

export function explanationText<Owner>(explanation: Explanation<Owner>, now: Instant): string {
  const { selection, passedOverCount, passedOver } = explanation;
  const parts = [`${selection}${startText(explanation)}`];
  const groups = groupsOf(passedOver, now);
  for (const { first, last, why } of groups.slice(0, mostGroups))
    parts.push(`${first === last ? first : `${first}-${last}`} ${why}`);
  const shown = groups.slice(0, mostGroups).reduce((sum, group) => sum + group.count, 0);
  if (shown < passedOverCount) parts.push(`${passedOverCount - shown} more passed over`);
  return parts.join(", ");
}

function startText<Owner>({ runs }: Explanation<Owner>): string {
  const run = runs[0];
  if (run === undefined) return "";
  return ` from ${run.from}${run.step === 1 ? "" : ` step ${run.step}`}`;
}

interface Group {
  first: number;
  last: number;
  why: string;
  count: number;
}

/** Neighbouring candidates with the same thing in their way, as one. */
function groupsOf<Owner>(passedOver: readonly PassedOver<Owner>[], now: Instant): Group[] {
  const groups: Group[] = [];
  for (const candidate of passedOver) {
    const why = obstacleText(candidate, now);
    const group = groups.at(-1);
    if (group !== undefined && group.why === why) {
      group.last = candidate.port;
      group.count++;
    } else groups.push({ first: candidate.port, last: candidate.port, why, count: 1 });
  }
  return groups;
}

function obstacleText<Owner>({ obstacle }: PassedOver<Owner>, now: Instant): string {
  switch (obstacle.kind) {
    case "reserved":
      return "reserved";
    case "privilege":
      return "privileged";
    case "resting":
      return `in TIME-WAIT for ${spanText(Math.max(0, obstacle.binding.until - now))}`;
    case "five-tuple":
      return `connected to ${remoteText(obstacle.binding)}`;
    case "conflict":
      return conflictText(obstacle.binding, now);
  }
}

interface Holder {
  readonly state: "bound" | "listening" | "connected" | "held";
  readonly remote:
    | { readonly address: Parameters<typeof formatEndpoint>[0]["address"]; readonly port: number }
    | undefined;
  readonly until: Instant;
}

function conflictText(binding: Holder, now: Instant): string {
  switch (binding.state) {
    case "held":
      return `in TIME-WAIT for ${spanText(Math.max(0, binding.until - now))}`;
    case "connected":
      return `connected to ${remoteText(binding)}`;
    case "listening":
      return "listening";
    case "bound":
      return "bound";
  }
}

function remoteText({ remote }: Pick<Holder, "remote">): string {
  return remote === undefined ? "somebody" : formatEndpoint(remote);
}
