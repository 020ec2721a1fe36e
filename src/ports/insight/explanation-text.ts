/** Why a port was chosen, in one line: where the search began, what it passed over and why, where it ended. */

import { formatEndpoint } from "../../base/endpoint.ts";
import { spanText } from "../../base/span-text.ts";
import type { Instant } from "../../base/time/clock.ts";
import type { Binding } from "../binding.ts";
import type { Explanation, PassedOver } from "../choice/explain.ts";

/** More groups than this are counted, not listed. */
const mostGroups = 4;

/**
 * What {@link PortManager.explain} or `onChoice` told, as a line: `sequential from 49152, 49152 reserved, 49153 listening`. `now` is for how
 * long holds have left.
 */
export function explanationText<Owner>(explanation: Explanation<Owner>, now: Instant): string {
  const { selection, passedOverCount, passedOver } = explanation;
  const parts = [`${selection}${startText(explanation)}`];
  const groups = groupsOf(passedOver, now);
  parts.push(...groups.slice(0, mostGroups).map(groupText));
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
  /** Ascending stretches of candidates, first and last of each; what comes around begins another. */
  readonly stretches: [number, number][];
  readonly why: string;
  /** Milliseconds that rests have left, the shortest and the longest. */
  left: readonly [number, number] | undefined;
  count: number;
}

/** Successive candidates with the same thing in their way, as one. */
function groupsOf<Owner>(passedOver: readonly PassedOver<Owner>[], now: Instant): Group[] {
  const groups: Group[] = [];
  for (const { port, obstacle } of passedOver) {
    const why = obstacleText(obstacle);
    const left =
      why === resting && "binding" in obstacle ? Math.max(0, obstacle.binding.until - now) : undefined;
    const group = groups.at(-1);
    if (group?.why !== why) {
      groups.push({
        stretches: [[port, port]],
        why,
        left: left === undefined ? undefined : [left, left],
        count: 1,
      });
      continue;
    }
    const stretch = group.stretches.at(-1)!;
    if (port > stretch[1]) stretch[1] = port;
    else group.stretches.push([port, port]);
    group.count++;
    if (group.left !== undefined && left !== undefined)
      group.left = [Math.min(group.left[0], left), Math.max(group.left[1], left)];
  }
  return groups;
}

function groupText({ stretches, why, left, count }: Group): string {
  const ports =
    stretches.length > 2 ? `${count} of ${hull(stretches)}` : stretches.map(stretchText).join(" and ");
  if (left === undefined) return `${ports} ${why}`;
  const [least, most] = left.map(spanText);
  return `${ports} ${why} for ${least === most ? least : `${least} to ${most}`}`;
}

function stretchText([first, last]: readonly [number, number]): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

function hull(stretches: Group["stretches"]): string {
  return `${Math.min(...stretches.map(([first]) => first))}-${Math.max(...stretches.map(([, last]) => last))}`;
}

const resting = "in TIME-WAIT";

function obstacleText<Owner>(obstacle: PassedOver<Owner>["obstacle"]): string {
  switch (obstacle.kind) {
    case "reserved":
      return "reserved";
    case "privilege":
      return "privileged";
    case "resting":
      return resting;
    case "five-tuple":
      return `connected to ${remoteText(obstacle.binding)}`;
    case "conflict":
      return holderText(obstacle.binding);
  }
}

type Holder = Pick<Binding<unknown>, "state" | "remote">;

function holderText(binding: Holder): string {
  switch (binding.state) {
    case "held":
      return resting;
    case "connected":
      return `connected to ${remoteText(binding)}`;
    case "listening":
      return "listening";
    case "bound":
      return "bound";
  }
}

function remoteText({ remote }: Holder): string {
  return remote === undefined ? "somebody" : formatEndpoint(remote);
}
