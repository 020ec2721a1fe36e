import { expect, test } from "vitest";
import { portNames } from "../../src/cli/service-names.ts";

test("ports have the names of the registry, read once", () => {
  const names = portNames();
  expect(portNames()).toBe(names);
  // Where there is no list at all, there are no names either.
  expect([undefined, "http"]).toContain(names.nameOf(80, "tcp"));
  expect([undefined, 80]).toContain(names.portOf("http", "tcp"));
});
