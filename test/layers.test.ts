import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const source = resolve(import.meta.dirname, "../src");

/** What each room may import, besides itself. `npm:` names are packages; `node:` means Node's own modules. */
const rooms: Record<string, readonly string[]> = {
  base: ["npm:ipaddr.js"],
  wire: ["base"],
  ports: ["base"],
  "protocols/ip": ["base", "wire"],
  "protocols/udp": ["base", "wire"],
  "protocols/tcp": ["base", "wire"],
  link: ["base", "wire"],
  stack: ["base", "wire", "ports", "protocols/ip", "protocols/udp", "protocols/tcp", "link"],
  services: ["base", "wire", "stack"],
  packetdrill: ["base", "wire", "link", "stack"],
  testing: ["base", "wire", "ports", "stack", "packetdrill"],
  conform: ["base", "ports", "stack"],
  node: ["base", "wire", "link", "stack", "node:", "npm:koffi", "npm:raw-socket"],
  cli: [
    ...["base", "wire", "ports", "link", "stack", "services", "packetdrill", "conform", "node", "node:"],
    ...["npm:commander", "npm:cli-table3", "npm:cli-progress", "npm:picocolors"],
  ],
};

describe("the direction of imports", () => {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );

  test("every file lives in a room", () => {
    const doors = ["index.ts", "node-unsupported.ts"];
    expect(files.filter((file) => roomOf(file) === undefined && !doors.includes(file))).toEqual([]);
  });

  for (const [room, allowed] of Object.entries(rooms)) {
    test(`${room} imports only ${allowed.join(", ") || "itself"}`, () => {
      const inside = files.filter((file) => roomOf(file) === room);
      expect(inside.flatMap((file) => trespasses(file, room, allowed))).toEqual([]);
    });
  }
});

function roomOf(file: string): string | undefined {
  return Object.keys(rooms).find((room) => file.startsWith(`${room}/`));
}

function trespasses(file: string, room: string, allowed: readonly string[]): string[] {
  return imports(file)
    .filter((target) => target !== room && !allowed.includes(target))
    .map((target) => `${file} imports ${target}`);
}

/** The rooms and packages a file imports, statically or not. */
function imports(file: string): string[] {
  const text = readFileSync(join(source, file), "utf8").replace(/^\s*(\*|\/\/|\/\*).*$/gm, "");
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport\s*\(?)\s*["']([^"'\s]+)["']/g)].map(
    (match) => match[1]!,
  );
  return specifiers.map((specifier) => {
    if (specifier.startsWith("node:")) return "node:";
    if (!specifier.startsWith(".")) return `npm:${specifier}`;
    const target = relative(source, resolve(source, dirname(file), specifier));
    return roomOf(target) ?? target;
  });
}
