import { describe, expect, test } from "vitest";
import { dissect, dissectionText, type Field, type Medium, summarize } from "../../src/wire/dissect.ts";
import { LineFlows } from "../../src/wire/line/flows.ts";
import { sample } from "./arbitraries.ts";
import { samples } from "./samples.ts";

type Name = keyof typeof samples;
const names = Object.keys(samples) as Name[];

function mediumOf(name: Name): Medium {
  return /^(arp|vlan)/.test(name) ? "ethernet" : "ip";
}

function tree(name: Name, change: (packet: Uint8Array) => void = () => {}): string {
  const packet = sample(name);
  change(packet);
  return dissectionText(dissect(mediumOf(name), packet, 0, packet.length));
}

function allOf(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => [field, ...allOf(field.fields)]);
}

test("a TCP segment is taken apart to its options", () => {
  expect(tree("ipv4 tcp data")).toBe(`IPv4: 192.0.2.1 to 198.51.100.7
  Version: 4
  Header length: 20
  Type of service: DSCP 0
  Total length: 70
  Identification: 0x1234
  Flags: DF
  Fragment offset: 0
  Time to live: 64
  Protocol: TCP (6)
  Checksum: 0x${tree("ipv4 tcp data").match(/Checksum: 0x(....)/)?.[1]}
  Source: 192.0.2.1
  Destination: 198.51.100.7
TCP: 40000 to 80
  Source port: 40000
  Destination port: 80
  Sequence number: 16909061
  Acknowledgment number: 4294967280
  Header length: 32
  Flags: PSH, ACK
  Window: 502
  Checksum: ${tree("ipv4 tcp data").match(/Checksum: (0x.... \(good\))/)?.[1]}
  Urgent pointer: 0
  Option: no-operation
  Option: no-operation
  Option: timestamps: value 101, echo 2147483649
Data: 18 bytes
`);
});

test("an ICMP error is shown with the packet it quotes", () => {
  const text = tree("icmpv4 fragmentation needed");
  expect(text).toContain("ICMP: destination unreachable\n  Type: destination unreachable (3)\n  Code: 4\n");
  expect(text).toContain("  Next-hop MTU: 1400\n  IPv4: 198.51.100.7 to 192.0.2.1\n");
  expect(text).toContain("  TCP: 80 to 40000\n    Source port: 80\n    Destination port: 40000\n");
});

test("control messages say what they are about", () => {
  expect(tree("nd router advertisement")).toContain(
    "  Option: prefix-information: 2001:db8:5::/64, on-link, autonomous, valid 86400 s, preferred 14400 s\n",
  );
  expect(tree("nd redirect")).toContain("ICMPv6: redirect for 2001:db8:9::1 to fe80::fe\n");
  expect(tree("mld report")).toContain(
    "  Group record: mode is include: ff05::2 from 2001:db8::5, 2001:db8::6\n",
  );
  expect(tree("mld query")).toContain("ICMPv6: query v2 for ff02::1:3\n");
  expect(tree("igmpv3 report")).toContain("  Group record: change to exclude: 239.1.2.3\n");
  expect(tree("igmpv2 report")).toContain("IGMP: report for 239.1.2.3\n");
  expect(tree("ipv6 extensions")).toContain("IPv6 hop-by-hop options\n  Next header: IPv6 routing (43)\n");
  expect(tree("ipv4 options")).toContain("  Option: record-route: 0.0.0.0 0.0.0.0\n");
  expect(tree("sctp cookie echo data")).toContain("  TSN: 287454020\n  Stream: 3\n  User data: 5 bytes\n");
  expect(tree("vlan ipv4")).toMatch(
    /Tag type: 802.1Q \(0x8100\)\n {2}Priority: 5\n {2}VLAN: 100\n {2}Type: IPv4/,
  );
  expect(tree("arp request")).toContain("  Operation: request (1)\n");
});

test("what is wrong is said beside it", () => {
  const spoil = (at: number) => (packet: Uint8Array) => {
    packet[at]! ^= 1;
  };
  expect(tree("ipv4 udp", spoil(30))).toMatch(
    /UDP: 5000 to 53\n(.*\n){3} {2}Checksum: 0x\w{4} \[bad-checksum\]/,
  );
  expect(tree("ipv4 udp", spoil(8))).toMatch(/^IPv4: .* \[bad-checksum\]/);
  expect(tree("ipv4 udp", spoil(25))).toMatch(/UDP: 5000 to 53\n/);
  expect(tree("sctp shutdown", spoil(38))).toMatch(/Checksum: 0x\w{8} \[bad-checksum\]/);
  expect(tree("ipv4 tcp syn", spoil(32))).toMatch(/TCP: 40000 to 80 \[bad-data-offset\]|Option/);
  expect(tree("ipv6 udp", (packet) => packet.fill(0, 46, 48))).toContain("[zero-checksum]");
  const short = sample("ipv6 udp").slice(0, 50);
  expect(dissectionText(dissect("ip", short, 0, 50))).toMatch(/^IPv6: .* \[truncated\]/);
});

describe.each(names)("%s", (name) => {
  const packet = sample(name);
  const layers = dissect(mediumOf(name), packet, 0, packet.length);

  test("nothing is wrong with it", () => {
    expect(
      allOf(layers)
        .filter(({ problem }) => problem !== "")
        .map((field) => `${field.name}: ${field.problem}`),
    ).toEqual([]);
  });

  test("every byte belongs to a field, and fields lie inside those they are part of", () => {
    const covered = new Set<number>();
    const visit = (field: Field, start: number, end: number): void => {
      expect([field.name, field.start >= start && field.end <= end && field.start < field.end]).toEqual([
        field.name,
        true,
      ]);
      for (let at = field.start; at < field.end; at++) covered.add(at);
      for (const inner of field.fields) visit(inner, field.start, field.end);
    };
    for (const layer of layers) visit(layer, 0, packet.length);
    expect(covered.size).toBe(packet.length);
  });

  test("cut anywhere, it still has a tree and a line", () => {
    for (let length = 0; length < packet.length; length++) {
      for (const field of allOf(dissect(mediumOf(name), packet, 0, length)))
        expect(field.end).toBeLessThanOrEqual(length);
      expect(summarize(mediumOf(name), packet, 0, length)).not.toBe("");
    }
  });
});

test("packets in packets are looked into, but not without end", () => {
  const deep = new Uint8Array(20 * 12);
  for (let layer = 0; layer < 12; layer++) {
    deep[layer * 20] = 0x45;
    deep[layer * 20 + 3] = deep.length - layer * 20;
    deep[layer * 20 + 9] = 4;
  }
  expect(dissect("ip", deep, 0, deep.length).map(({ name }) => name)).toEqual([
    "IPv4",
    "IPv4",
    "IPv4",
    "IPv4",
    "Data",
  ]);
});

test("a line says who, to whom and what", () => {
  const line = (name: Name) => {
    const packet = sample(name);
    return summarize(mediumOf(name), packet, 0, packet.length, new LineFlows());
  };
  expect(line("ipv4 tcp data")).toBe(
    "192.0.2.1:40000 > 198.51.100.7:80 TCP P. 1:19(18) ack 1 win 502 <nop,nop,TS val 101 ecr 2147483649>",
  );
  expect(line("ipv6 udp")).toBe("[2001:db8::1]:5000 > [2001:db8:1::7]:53 [ect0] udp (5)");
  expect(line("ipv4 fragment")).toBe("192.0.2.1 > 198.51.100.7 fragment 1480:1512 of packet 7");
  expect(line("icmpv4 port unreachable")).toBe(
    "192.0.2.1 > 198.51.100.7 icmp unreachable port_unreachable [udp (0)]",
  );
  expect(line("nd neighbor solicitation")).toBe("fe80::1 > ff02::1:ff00:7 neighbor solicitation for fe80::7");
  expect(line("nd redirect")).toBe("fe80::1 > ff02::1:ff00:7 redirect for 2001:db8:9::1 to fe80::fe");
  expect(line("mld report")).toBe("fe80::1 > ff02::16 multicast listener report v2 of 2 groups");
  expect(line("igmpv2 query")).toBe("192.0.2.1 > 224.0.0.22 IGMP query for 239.1.2.3");
  expect(line("arp request")).toBe("ARP request: who is 192.0.2.2? 192.0.2.1 asks");
  expect(line("arp reply")).toBe("ARP reply: 192.0.2.2 is at 02:00:00:00:00:02");
  expect(line("vlan ipv4")).toBe("192.0.2.1:1 > 198.51.100.7:2 udp (1)");
  expect(line("sctp shutdown")).toBe(
    "192.0.2.1:9899 > 198.51.100.7:40000 sctp: SHUTDOWN[flgs=0, cum_tsn=77]",
  );
  const whole = sample("arp request");
  const summary = (at: number, value: number) => {
    const frame = whole.slice();
    frame[at] = value;
    return summarize("ethernet", frame, 0, frame.length);
  };
  expect(summary(31, 0)).toContain("ARP request: who is");
  expect(summary(21, 9)).toBe("ARP operation 9");
  expect(summary(19, 9)).toBe("malformed ARP: bad-address-length");
  expect(summary(13, 9)).toBe("02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff EtherType 0x809");
});
