import { InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import { formatPrefix } from "../../src/base/prefix.ts";
import {
  portArgument,
  portRangeArgument,
  prefixesArgument,
  servicesArgument,
  urlArgument,
} from "../../src/cli/arguments.ts";

describe("a range of ports", () => {
  test("is two ports, the lower first", () => {
    expect(portRangeArgument("49152-65535")).toEqual([49_152, 65_535]);
    expect(portRangeArgument("7-7")).toEqual([7, 7]);
  });

  test.each(["", "1", "2-1", "0-5", "1-65536", "a-b", "1 - 2", "-1-2", "1-2-3"])("is not %j", (text) => {
    expect(() => portRangeArgument(text)).toThrow(InvalidArgumentError);
  });
});

test.each(["", "0", "65536", "80x", "-1", "1e3", " 80"])("a port is not %j", (text) => {
  expect(() => portArgument(text)).toThrow("whole number from 1 to 65535");
});

describe("an address with its prefix length", () => {
  test("may be given again, in both families", () => {
    const once = prefixesArgument("10.9.0.2/24");
    expect(prefixesArgument("fd00:9::2/64", once).map(formatPrefix)).toEqual(["10.9.0.2/24", "fd00:9::2/64"]);
  });

  test.each(["10.9.0.2", "10.9.0.2/33", "10.9.0/24", "host/24", "fd00::/129", ""])("is not %j", (text) => {
    expect(() => prefixesArgument(text)).toThrow(InvalidArgumentError);
  });
});

describe("a URL", () => {
  test.each([
    ["http://10.0.0.2/a/b?c=d#e", "10.0.0.2", 80, "10.0.0.2", "/a/b?c=d", "b"],
    ["http://[fd00::2]:8080", "fd00::2", 8080, "[fd00::2]:8080", "/", ""],
    ["example.org/x%20y", "example.org", 80, "example.org", "/x%20y", "x y"],
    ["localhost:8000/", "localhost", 8000, "localhost:8000", "/", ""],
  ])("%s is taken apart", (text, host, port, authority, target, file) => {
    expect(urlArgument(text)).toEqual({ host, port, authority, target, file });
  });

  test.each([
    "https://example.org/",
    "ftp://example.org/",
    "http://",
    "http://user:secret@example.org/",
    "http://h:99999/",
  ])("is not %j", (text) => {
    expect(() => urlArgument(text)).toThrow(InvalidArgumentError);
  });

  test("of https says so", () => {
    expect(() => urlArgument("https://example.org/")).toThrow("not https://");
  });
});

describe("services", () => {
  test("have their well-known ports, others where asked, and directories where they serve files", () => {
    expect(servicesArgument("echo,http=/srv/www, tftp:6969=/srv/tftp")).toEqual([
      { name: "echo", port: 7, directory: undefined },
      { name: "http", port: 80, directory: "/srv/www" },
      { name: "tftp", port: 6969, directory: "/srv/tftp" },
    ]);
  });

  test.each(["", "ssh", "http", "echo=/srv", "echo:0", "echo:70000", "echo,,discard"])(
    "are not %j",
    (text) => {
      expect(() => servicesArgument(text)).toThrow(InvalidArgumentError);
    },
  );
});
