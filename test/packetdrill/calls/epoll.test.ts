import { describe, expect, test } from "vitest";
import { type Descriptor, Descriptors } from "../../../src/packetdrill/calls/descriptor.ts";
import { Epoll, epollBits } from "../../../src/packetdrill/calls/epoll.ts";
import type { Readiness, Socket } from "../../../src/stack/socket.ts";

const { IN, OUT, ERR, EDGE, ONESHOT } = epollBits;

function watched(): {
  epoll: Epoll;
  descriptor: Descriptor;
  ready: { -readonly [K in keyof Readiness]: boolean };
} {
  const ready = { readable: false, writable: false, error: false, hangup: false, readHangup: false };
  const socket = { poll: () => ready } as Socket;
  const descriptor = new Descriptors().add(4, { socket })!;
  return { epoll: new Epoll(), descriptor, ready };
}

const data = { name: "fd", value: 4 } as const;

describe("epoll", () => {
  test("tells what was asked for, again and again while it holds", () => {
    const { epoll, descriptor, ready } = watched();
    epoll.add(descriptor, IN, data);
    expect(epoll.wait(5)).toEqual([]);
    Object.assign(ready, { readable: true, writable: true });
    expect(epoll.wait(5)).toEqual([{ events: IN, data }]);
    expect(epoll.wait(5)).toHaveLength(1);
  });

  test("tells errors unasked", () => {
    const { epoll, descriptor, ready } = watched();
    epoll.add(descriptor, IN, data);
    ready.error = true;
    expect(epoll.wait(5)).toEqual([{ events: ERR, data }]);
  });

  test("with an edge tells once each time something happens", () => {
    const { epoll, descriptor, ready } = watched();
    epoll.add(descriptor, OUT + EDGE, data);
    ready.writable = true;
    expect(epoll.wait(5)).toHaveLength(1);
    expect(epoll.wait(5)).toHaveLength(0);
    epoll.stirred(4);
    expect(epoll.wait(5)).toHaveLength(1);
  });

  test("with one shot tells once until it is armed again", () => {
    const { epoll, descriptor, ready } = watched();
    epoll.add(descriptor, OUT | ONESHOT, data);
    ready.writable = true;
    expect(epoll.wait(5)).toHaveLength(1);
    epoll.stirred(4);
    expect(epoll.wait(5)).toHaveLength(0);
    expect(epoll.change(4, OUT, data)).toBe(true);
    expect(epoll.wait(5)).toHaveLength(1);
  });

  test("knows a descriptor once, and none that it was not told of", () => {
    const { epoll, descriptor } = watched();
    expect(epoll.add(descriptor, IN, data)).toBe(true);
    expect(epoll.add(descriptor, IN, data)).toBe(false);
    expect(epoll.remove(4)).toBe(true);
    expect(epoll.remove(4)).toBe(false);
    expect(epoll.change(4, IN, data)).toBe(false);
  });
});
