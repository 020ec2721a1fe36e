/** Socket options, with the lengths the script gives; file status flags and ioctls. */
import { fieldNumber, itemOf, textOf } from "../../../packetdrill/calls/values.ts";
import type { Expression } from "../../../packetdrill/language/script/script.ts";
import { fail, unsupported } from "../../../packetdrill/run/failure.ts";
import { viewOf, words } from "./memory.ts";
import { fdOf, type Handler, num, type Prepared, type World } from "./world.ts";

export const optionCalls: Readonly<Record<string, Handler>> = { setsockopt, getsockopt, fcntl, ioctl };

function setsockopt(args: readonly Expression[], world: World): Prepared {
  const bytes = optionBytes(args[3]!);
  const value = bytes === undefined ? 0 : world.memory.keep(bytes);
  const numbers = [fdOf(args[0]!, world), num(args[1]!), num(args[2]!), value, num(args[4]!)];
  return { name: "setsockopt", args: numbers, waits: "nothing" };
}

/** Undefined for a null pointer. */
function optionBytes(expression: Expression): Uint8Array | undefined {
  switch (expression.type) {
    case "null":
      return undefined;
    case "ellipsis":
      return new Uint8Array(1024);
    case "string": {
      const text = textOf(expression)!;
      return Uint8Array.from(`${text}\0`, (character) => character.charCodeAt(0));
    }
    case "list":
      return words(num(itemOf(expression, "an option")));
    case "struct": {
      if (expression.fields[0]!.name !== "onoff") return unsupported("socket options with this struct");
      return words(fieldNumber(expression, "onoff", "Linux"), fieldNumber(expression, "linger", "Linux"));
    }
    default:
      return unsupported("this value of a socket option");
  }
}

function getsockopt(args: readonly Expression[], world: World): Prepared {
  const wanted = num(itemOf(args[4]!, "optlen"));
  const value = world.memory.zeros(Math.max(wanted, 64));
  const word = words(wanted);
  const expected = args[3]!;
  return {
    ...{
      name: "getsockopt",
      args: [fdOf(args[0]!, world), num(args[1]!), num(args[2]!), value.at, world.memory.keep(word)],
    },
    waits: "nothing",
    verify: (result) => {
      if (result < 0) return undefined;
      const got = viewOf(word).getUint32(0, true);
      return got === wanted
        ? compareValue(expected, value.bytes, wanted)
        : `Bad getsockopt optlen: expected: ${wanted} actual: ${got}`;
    },
  };
}

function compareValue(expected: Expression, bytes: Uint8Array, length: number): string | undefined {
  const view = viewOf(bytes);
  const differ = (wanted: unknown, got: unknown): string | undefined =>
    wanted === got ? undefined : `Bad getsockopt optval: expected: ${wanted} actual: ${got}`;
  switch (expected.type) {
    case "ellipsis":
      return undefined;
    case "string": {
      const text = textOf(expected)!;
      const got = String.fromCharCode(...bytes.subarray(0, length));
      return differ(text.padEnd(length, "\0").slice(0, length), got);
    }
    case "list": {
      const wanted = num(itemOf(expected, "optval")) | 0;
      return length === 4 ? differ(wanted, view.getInt32(0, true)) : fail("an int has a length of 4");
    }
    case "struct": {
      if (expected.fields[0]!.name !== "onoff") return unsupported("socket options with this struct");
      const wanted = [fieldNumber(expected, "onoff", "Linux"), fieldNumber(expected, "linger", "Linux")];
      return differ(wanted.join(), [view.getInt32(0, true), view.getInt32(4, true)].join());
    }
    default:
      return unsupported("this value of a socket option");
  }
}

function fcntl(args: readonly Expression[], world: World): Prepared {
  const argument = args[2] === undefined ? 0 : num(args[2]);
  return { name: "fcntl", args: [fdOf(args[0]!, world), num(args[1]!), argument], waits: "nothing" };
}

function ioctl(args: readonly Expression[], world: World): Prepared {
  const expected = args[2] === undefined ? undefined : num(itemOf(args[2], "the argument of ioctl"));
  const value = world.memory.zeros(8);
  return {
    ...{ name: "ioctl", args: [fdOf(args[0]!, world), num(args[1]!), value.at], waits: "nothing" },
    verify: (result) => {
      const got = viewOf(value.bytes).getInt32(0, true);
      if (result < 0 || expected === undefined || expected === got) return undefined;
      return `Bad ioctl value: expected: ${expected} actual: ${got}`;
    },
  };
}
