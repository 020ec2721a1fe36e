import fc from "fast-check";
import { expect, test } from "vitest";
import { loopbackV4 } from "../../../src/base/address.ts";
import { DatagramQueue, memoryCost } from "../../../src/protocols/udp/queue.ts";

test("datagrams come out whole, in order, with their senders, as long as they fit", () => {
  const step = fc.oneof(
    fc.record({ push: fc.uint8Array({ maxLength: 300 }) }),
    fc.record({ take: fc.nat(300) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 0, max: 20000 }), (steps, limit) => {
      const queue = new DatagramQueue(limit);
      const model: { bytes: Uint8Array; port: number }[] = [];
      let drops = 0;
      steps.forEach((each, port) => {
        if ("push" in each) {
          const used = model.reduce((sum, { bytes }) => sum + memoryCost(Math.max(bytes.length, 1)), 0);
          const fits = used === 0 || used + memoryCost(Math.max(each.push.length, 1)) <= limit;
          expect(queue.push(each.push, 0, each.push.length, loopbackV4, port, 1)).toBe(fits);
          if (fits) model.push({ bytes: each.push, port });
          else drops++;
          return;
        }
        const into = new Uint8Array(each.take);
        const expected = model.shift();
        expect(queue.head?.sourcePort).toBe(expected?.port);
        const copied = queue.copyHead(into);
        expect(into.slice(0, copied)).toEqual(expected?.bytes.slice(0, each.take) ?? new Uint8Array(0));
        queue.dropHead();
      });
      expect([queue.length, queue.drops]).toEqual([model.length, drops]);
    }),
  );
});
