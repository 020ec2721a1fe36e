/** When a five-tuple in TIME-WAIT may be had again, by the profile's own rule. */
import { address } from "../../base/address.ts";
import { never } from "../../base/time/clock.ts";
import type { Profile } from "../../ports/profile.ts";

export interface RestingAnswer {
  readonly question: string;
  readonly answer: string;
}

const here = address("192.0.2.1");
const far = address("198.51.100.1");
const loopback = address("127.0.0.1");

export function restingAnswers({ hold, reuse }: Profile): RestingAnswer[] {
  const length = hold.length / 1000;
  const again = (local: typeof here, remote: typeof here, timestamps: "timestamps" | "none"): string => {
    const flow = {
      ...{ local, remote, device: 0, since: 0 },
      reuse: { timestamps: timestamps === "timestamps" },
    };
    const after = hold.reusableAfter(flow, reuse);
    return after === never || after >= hold.length ? `after ${length} s` : `after ${after / 1000} s`;
  };
  const bound = hold.boundMayReuse({ timestamps: true });
  return [
    { question: "how long it lasts", answer: `${length} s` },
    { question: "chosen again by connect(2), with timestamps", answer: again(here, far, "timestamps") },
    {
      question: "the same, over loopback",
      answer: again(loopback, loopback, "timestamps"),
    },
    { question: "chosen again by connect(2), without timestamps", answer: again(here, far, "none") },
    {
      question: "taken over by connect(2) of a socket bound to the port, with timestamps",
      answer: bound ? "at once" : `after ${length} s`,
    },
  ];
}
