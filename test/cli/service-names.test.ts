import { expect, test } from "vitest";
import { portNames } from "../../src/cli/service-names.ts";

test("ports have the names of the registry, read once", () => {
  const names = portNames();
  expect(portNames()).toBe(names);
  expect(names.nameOf(80, "tcp")).toBe("http");
  expect(names.portOf("http", "tcp")).toBe(80);
  expect(names.nameOf(443, "tcp")).toBe("https");
  expect(names.nameOf(0, "tcp")).toBe(undefined); // reserved
});
