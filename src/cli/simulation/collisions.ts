/**
 * Five-tuples that come again too soon. RFC 6056, section 2.3: a port should be chosen so that the new connection's five-tuple is
 * none that a segment of an old one may still carry, and such segments live for two maximum segment lifetimes.
 */

/** 2 MSL in milliseconds, MSL being two minutes: RFC 9293, section 3.4.2. */
export const twoMsl = 240_000;

export interface CollisionWatch {
  /** Sessions that began less than 2 MSL after the last one with their five-tuple had ended. */
  readonly count: number;
  /** The shortest such time in milliseconds, longer than 2 MSL or not; undefined where no five-tuple came again. */
  readonly soonest: number | undefined;
  /** `destination` is a small integer. */
  began(destination: number, port: number, now: number): void;
  ended(destination: number, port: number, now: number): void;
}

export function collisionWatch(): CollisionWatch {
  const endings = new Map<number, number>();
  let count = 0;
  let soonest: number | undefined;
  return {
    get count() {
      return count;
    },
    get soonest() {
      return soonest;
    },
    began: (destination, port, now) => {
      const last = endings.get(destination * 65_536 + port);
      if (last === undefined) return;
      if (now - last < twoMsl) count++;
      soonest = Math.min(soonest ?? Number.POSITIVE_INFINITY, now - last);
    },
    ended: (destination, port, now) => {
      endings.set(destination * 65_536 + port, now);
    },
  };
}
