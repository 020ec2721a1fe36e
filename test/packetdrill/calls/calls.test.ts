import { describe, expect, test } from "vitest";
import { callOf, expressionOf, withoutPlaces } from "../support/parse.ts";

const tree = (text: string, dialect: "google" | "nplab" = "google") =>
  withoutPlaces(expressionOf(text, dialect));

describe("a system call", () => {
  test("has a name, arguments and a result", () => {
    expect(withoutPlaces(callOf("close(3) = 0"))).toEqual({
      ...{ kind: "call", name: "close" },
      args: [{ type: "integer", value: 3 }],
      result: { type: "integer", value: 0 },
    });
    expect(callOf("f() = -1").result).toMatchObject({ value: -1 });
  });

  test("may name its errno, with a note", () => {
    expect(callOf("connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)")).toMatchObject({
      ...{ errno: "EINPROGRESS", note: "Operation now in progress" },
    });
  });

  test("may have a note alone", () => {
    const call = callOf("fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)");
    expect(call).toMatchObject({ note: "flags O_RDWR", result: { value: 2 } });
    expect("errno" in call).toBe(false);
  });
});

describe("an expression", () => {
  test.each([
    ["...", { type: "ellipsis" }],
    ["-5", { type: "integer", value: -5 }],
    ["0x1F", { type: "integer", value: 31 }],
    ["SOL_SOCKET", { type: "symbol", name: "SOL_SOCKET" }],
    ["NULL", { type: "null" }],
    ['"a\\x00\\""', { type: "string", text: 'a\\x00\\"' }],
    ['"one" "two"', { type: "string", text: "onetwo" }],
    ["[]", { type: "list", items: [] }],
    ["htons(80)", { type: "conversion", name: "htons", argument: { type: "integer", value: 80 } }],
    [
      "A | B | 4",
      {
        type: "or",
        operands: [
          { type: "symbol", name: "A" },
          { type: "symbol", name: "B" },
          { type: "integer", value: 4 },
        ],
      },
    ],
    ["{..., 10}", { type: "buffer", base: { type: "ellipsis" }, length: { type: "integer", value: 10 } }],
    [
      "{onoff=1, linger=0}",
      {
        type: "struct",
        fields: [
          { name: "onoff", value: { type: "integer", value: 1 } },
          { name: "linger", value: { type: "integer", value: 0 } },
        ],
      },
    ],
    [
      "[{fd=4, events=POLLIN}]",
      {
        type: "list",
        items: [
          {
            type: "struct",
            fields: [
              { name: "fd", value: { type: "integer", value: 4 } },
              { name: "events", value: { type: "symbol", name: "POLLIN" } },
            ],
          },
        ],
      },
    ],
  ])("%s", (text, expected) => {
    expect(tree(text)).toEqual(expected);
  });

  test("of a message header counts its vectors", () => {
    expect(tree("{msg_name(...)=..., msg_iov(2)=[{..., 1}, {..., 2}], msg_flags=0}")).toMatchObject({
      type: "struct",
      fields: [
        { name: "msg_name", count: { type: "ellipsis" } },
        { name: "msg_iov", count: { type: "integer", value: 2 } },
        { name: "msg_flags" },
      ],
    });
  });

  test("of an address converts its parts", () => {
    expect(tree('{sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("192.0.2.1")}')).toMatchObject({
      fields: [
        { value: { name: "AF_INET" } },
        { value: { name: "htons" } },
        { value: { name: "inet_addr", argument: { text: "192.0.2.1" } } },
      ],
    });
  });

  test("nests", () => {
    expect(tree("{recvv_rcvinfo={rcv_sid=1}, recvv_nxtinfo={nxt_sid=[2, [3]]}}", "nplab")).toMatchObject({
      ...{ type: "struct", fields: [{ value: { type: "struct" } }, { value: { type: "struct" } }] },
    });
  });
});
