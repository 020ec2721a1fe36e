import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { fillTransportChecksum } from "../../src/wire/checksums.ts";
import { emitIpv4, newIpv4Packet } from "../../src/wire/ip/ipv4.ts";
import { LineFlows } from "../../src/wire/line/flows.ts";
import { packetLine } from "../../src/wire/line.ts";
import { emitSctpChunk, type SctpChunk } from "../../src/wire/sctp/chunks.ts";
import type { SctpParameter } from "../../src/wire/sctp/parameters.ts";
import { emitSctp, fillSctpChecksum } from "../../src/wire/sctp/sctp.ts";
import { emitTcp, newTcpSegment, type TcpHeader, tcpFlags } from "../../src/wire/tcp.ts";
import { emitTcpOptions, type TcpOption } from "../../src/wire/tcp-options.ts";
import { sample } from "./arbitraries.ts";
import { samples } from "./samples.ts";

const client = address("192.0.2.1");
const server = address("198.51.100.7");
const { SYN, ACK, PSH, FIN, RST, URG, ECE, CWR, AE } = tcpFlags;

/** An IPv4 packet of the given protocol with `payload` in it. */
function ip(protocol: number, payload: Uint8Array, source = client, destination = server, trafficClass = 0) {
  const packet = new Uint8Array(20 + payload.length);
  const payloadLength = payload.length;
  emitIpv4({ ...newIpv4Packet(), protocol, source, destination, trafficClass, payloadLength }, packet, 0);
  packet.set(payload, 20);
  return packet;
}

function tcp(fields: Partial<TcpHeader>, length = 0, options: readonly TcpOption[] = []): Uint8Array {
  const buffer = new Uint8Array(100 + length);
  const header = { ...newTcpSegment(), sourcePort: 1000, destinationPort: 80, window: 500, ...fields };
  let end = emitTcp(header, buffer, 0);
  end += emitTcpOptions(options, buffer, end);
  buffer[12] = (end << 2) | (buffer[12]! & 1);
  return ip(6, buffer.slice(0, end + length));
}

function line(packet: Uint8Array, flows?: LineFlows): string {
  return packetLine(packet, 0, packet.length, flows);
}

describe("TCP", () => {
  test("segments made by another program are said in packetdrill's words", () => {
    expect(line(sample("ipv4 tcp syn"))).toBe(
      "S 16909060:16909060(0) win 64240 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>",
    );
    expect(line(sample("ipv4 tcp data"))).toBe(
      "P. 16909061:16909079(18) ack 4294967280 win 502 <nop,nop,TS val 101 ecr 2147483649>",
    );
    expect(line(sample("ipv4 tcp sack"))).toBe(
      ". 5:5(0) ack 1000 win 502 <nop,nop,TS val 1 ecr 2,nop,nop,sack 2000:3000 4000:5000>",
    );
    expect(line(sample("ipv4 tcp urgent odd options"))).toBe(
      "EWU. 5:5(0) ack 1000 win 0 urg 7 <mss 536,gen-30 010203,eol,eol,eol>",
    );
    expect(line(sample("ipv6 tcp"))).toMatch(/^\[ect0\] S 1:1\(0\) win 8192 <mss 1460,/);
  });

  test("flags are letters with the ACK's dot last", () => {
    const flags = (bits: number) => line(tcp({ flags: bits })).split(" ")[0];
    expect([FIN | ACK, PSH | ACK | FIN, SYN | ECE | CWR, SYN | ACK | ECE, RST, 0].map(flags)).toEqual([
      "F.",
      "FP.",
      "SEW",
      "SE.",
      "R",
      "-",
    ]);
    expect([SYN | ECE | CWR | AE, URG | ACK].map(flags)).toEqual(["SEWA", "U."]);
  });

  test("an ack field without the flag is shown where it is not zero", () => {
    expect(line(tcp({ flags: RST, acknowledgment: 7 }))).toBe("R 0:0(0) ack 7 win 500");
  });

  test("sequence numbers wrap", () => {
    expect(line(tcp({ flags: ACK, sequence: -2 }, 4))).toBe(". 4294967294:2(4) ack 0 win 500");
  });

  test("rare options have their words", () => {
    const options = (...list: TcpOption[]) => /<(.*)>/.exec(line(tcp({ flags: ACK }, 0, list)))?.[1];
    const nop: TcpOption = { kind: "no-operation" };
    const data = Uint8Array.of(0xab, 0xcd);
    expect(options(nop, nop, { kind: "fast-open", cookie: new Uint8Array() })).toBe("nop,nop,FO");
    expect(options({ kind: "fast-open", cookie: data })).toBe("FO abcd");
    expect(options(nop, nop, { kind: "fast-open-experiment", cookie: data })).toBe("nop,nop,FOEXP abcd");
    expect(options(nop, nop, { kind: "md5", digest: new Uint8Array(16) })).toBe(
      `nop,nop,md5 ${"0".repeat(32)}`,
    );
    expect(options(nop, { kind: "accecn", order: 0, counters: [1, 2, 3] })).toBe("nop,ECN e0b 1 ceb 2 e1b 3");
    expect(options({ kind: "accecn", order: 1, counters: [1, 2] })).toBe("ECN e1b 1 ceb 2");
    expect(options(nop, nop, { kind: "accecn", order: 1, counters: [] })).toBe("nop,nop,AccECN1");
    expect(options(nop, nop, { kind: "experiment", type: 254, identifier: 0xac, data })).toBe(
      "nop,nop,exp-00ac abcd",
    );
    expect(options(nop, nop, { kind: "experiment", type: 253, identifier: 0xac, data })).toBe(
      "nop,nop,gen-253 00acabcd",
    );
  });

  test("options that are malformed, or stand behind the end of the list, are said in hexadecimal", () => {
    const packet = sample("ipv4 tcp syn");
    packet[41] = 0;
    expect(line(packet)).toContain("<020005b4");
    expect(
      line(tcp({ flags: ACK }, 0, [{ kind: "end-of-list" }, { kind: "window-scale", shift: 1 }])),
    ).toContain("<00030301>");
  });

  test("shown all packets in their order, lines count from the initial sequence numbers", () => {
    const flows = new LineFlows();
    const there = (fields: Partial<TcpHeader>, length = 0) => line(tcp(fields, length), flows);
    const back = (fields: Partial<TcpHeader>, length = 0) => {
      const packet = tcp({ ...fields, sourcePort: 80, destinationPort: 1000 }, length);
      emitIpv4(
        {
          ...newIpv4Packet(),
          protocol: 6,
          source: server,
          destination: client,
          payloadLength: packet.length - 20,
        },
        packet,
        0,
      );
      return line(packet, flows);
    };
    expect(there({ flags: SYN, sequence: -5 })).toBe("S 0:0(0) win 500");
    expect(back({ flags: SYN | ACK, sequence: 9000, acknowledgment: -4 })).toBe("S. 0:0(0) ack 1 win 500");
    expect(there({ flags: ACK, sequence: -4, acknowledgment: 9001 })).toBe(". 1:1(0) ack 1 win 500");
    expect(back({ flags: PSH | ACK, sequence: 9001, acknowledgment: -4 }, 10)).toBe(
      "P. 1:11(10) ack 1 win 500",
    );
    expect(there({ flags: ACK, sequence: -4, acknowledgment: 9001, sack: [9006, 9011] })).toBe(
      ". 1:1(0) ack 1 win 500 <nop,nop,sack 6:11>",
    );
    expect(there({ flags: SYN, sequence: 70 })).toBe("S 0:0(0) win 500");
    expect(back({ flags: RST | ACK, sequence: 0, acknowledgment: 71 })).toBe("R. 0:0(0) ack 1 win 500");
  });

  test("a connection met in its middle counts from the first byte seen", () => {
    const flows = new LineFlows();
    expect(line(tcp({ flags: ACK, sequence: 5000, acknowledgment: 7000 }, 10), flows)).toBe(
      ". 1:11(10) ack 1 win 500",
    );
    expect(line(tcp({ flags: ACK, sequence: 5010, acknowledgment: 7100 }, 10), flows)).toBe(
      ". 11:21(10) ack 101 win 500",
    );
  });
});

test("connections are remembered, but not without end", () => {
  const flows = new LineFlows();
  const syn = (sourcePort: number) => line(tcp({ flags: SYN, sequence: 7, sourcePort }), flows);
  const next = (sourcePort: number) => line(tcp({ flags: RST, sequence: 8, sourcePort }), flows);
  syn(1);
  expect(next(1)).toBe("R 1:1(0) win 500");
  for (let port = 2; port <= 8193; port++) syn(port);
  expect(next(2)).toBe("R 1:1(0) win 500");
  expect(next(1)).toBe("R 8:8(0) win 500");
});

test("UDP is its length, and marks of ECN and DSCP stand before any packet", () => {
  expect(line(sample("ipv4 udp"))).toBe("udp (5)");
  expect(line(sample("ipv6 extensions"))).toBe("[ect0] udp (1)");
  const udp = Uint8Array.of(0, 1, 0, 2, 0, 8, 0, 0);
  const marked = (trafficClass: number) => line(ip(17, udp, client, server, trafficClass));
  expect([1, 3, 0xb8].map(marked)).toEqual(["[ect1] udp (0)", "[ce] udp (0)", "[tos 0xb8] udp (0)"]);
});

test("ICMP has type, code, and what is quoted", () => {
  expect(line(sample("icmpv4 echo"))).toBe("icmp echo_request id 119 [raw (8)]");
  expect(line(sample("icmpv4 port unreachable"))).toBe("icmp unreachable port_unreachable [udp (0)]");
  expect(line(sample("icmpv4 fragmentation needed"))).toBe(
    "icmp unreachable frag_needed mtu 1400 [4096:4096(0)]",
  );
  expect(line(sample("icmpv4 redirect"))).toBe("icmp redirect code_1 [udp (0)]");
  expect(line(sample("icmpv4 timestamp"))).toBe("icmp timestamp_request id 1 [raw (12)]");
  const six = (name: keyof typeof samples) => line(sample(name)).replace("[ect0] ", "");
  expect(six("icmpv6 echo")).toBe("icmp echo_request id 119 [raw (8)]");
  expect(six("icmpv6 packet too big")).toBe("icmp packet_too_big mtu 1280 [udp (0)]");
  expect(six("icmpv6 time exceeded")).toBe("icmp time_exceeded exceeded_hop_limit [udp (0)]");
  expect(six("icmpv6 parameter problem")).toBe("icmp parameter_problem unknown_option [udp (0)]");
  expect(six("nd neighbor solicitation")).toBe("icmp type_135 [raw (24)]");
});

test("a quoted TCP header counts from its flow's initial sequence number", () => {
  const flows = new LineFlows();
  line(tcp({ flags: SYN, sequence: 100 }), flows);
  const quoted = tcp({ flags: ACK, sequence: 101 }, 1000).slice(0, 28);
  const icmp = new Uint8Array(8 + quoted.length);
  icmp[0] = 3;
  icmp[1] = 1;
  icmp.set(quoted, 8);
  fillTransportChecksum(1, server, client, icmp, 0, icmp.length);
  expect(line(ip(1, icmp, server, client), flows)).toBe("icmp unreachable host_unreachable [1:1001(1000)]");
});

test("what packetdrill has no word for is a comment", () => {
  expect(line(sample("ipv4 fragment"))).toBe("// fragment 1480:1512 of packet 7");
  expect(line(sample("ipv6 fragment"))).toBe("// fragment 1480:1496 of packet 3735928559");
  expect(line(sample("igmpv2 query"))).toBe("// IGMP (8)");
  expect(line(new Uint8Array(20))).toBe("// malformed IPv4: bad-version");
  expect(line(new Uint8Array())).toBe("// malformed IPv4: truncated");
  expect(line(sample("ipv6 udp").slice(0, 40))).toBe("// malformed IPv6: truncated");
  expect(line(ip(6, new Uint8Array(5)))).toBe("// malformed TCP: truncated");
  expect(line(ip(17, new Uint8Array(8)))).toBe("// malformed UDP: bad-length");
});

describe("SCTP", () => {
  /** The chunk alone in a packet. */
  function chunkLine(chunk: SctpChunk): string {
    const buffer = new Uint8Array(300);
    let length = emitSctp({ sourcePort: 1, destinationPort: 2, verificationTag: 3 }, buffer, 0);
    length += emitSctpChunk(chunk, buffer, length);
    fillSctpChecksum(buffer, 0, length);
    return line(ip(132, buffer.slice(0, length)));
  }

  test("packets made by another program are said in nplab packetdrill's words", () => {
    expect(line(sample("sctp init"))).toBe(
      "sctp: INIT[flgs=0, tag=3405705229, a_rwnd=106496, os=10, is=2048, tsn=287454020, IPV4_ADDRESS[addr=192.0.2.1], " +
        "SUPPORTED_ADDRESS_TYPES[types=[IPv4, IPv6]], ECN_CAPABLE[], FORWARD_TSN_SUPPORTED[], " +
        "SUPPORTED_EXTENSIONS[types=[AUTH, ASCONF, ASCONF_ACK]]]",
    );
    expect(line(sample("sctp init ack"))).toBe(
      "sctp: INIT_ACK[flgs=0, tag=4276993775, a_rwnd=106496, os=10, is=2048, tsn=1432778632, STATE_COOKIE[len=11, val=...]]",
    );
    expect(line(sample("sctp cookie echo data"))).toBe(
      "sctp: COOKIE_ECHO[flgs=0, len=11, val=...]; DATA[flgs=BE, len=21, tsn=287454020, sid=3, ssn=0, ppid=51]",
    );
    expect(line(sample("sctp sack"))).toBe(
      "sctp: SACK[flgs=0, cum_tsn=287454020, a_rwnd=1500, gaps=[2:3, 5:5], dups=[287454016]]",
    );
    expect(line(sample("sctp shutdown"))).toBe("sctp: SHUTDOWN[flgs=0, cum_tsn=77]");
  });

  test("causes, reconfiguration and forwarding have their words, and the T bit its letter", () => {
    const value = new TextEncoder().encode('say "no"');
    expect(
      chunkLine({
        type: "ABORT",
        tagReflected: true,
        causes: [
          { type: "USER-INITIATED-ABORT", value },
          { type: "STALE-COOKIE", staleness: 5 },
          { type: "OUT-OF-RESOURCE", value: new Uint8Array() },
          { type: "UNKNOWN", code: 99, value: Uint8Array.of(1) },
        ],
      }),
    ).toBe(
      'sctp: ABORT[flgs=T, USER_INITIATED_ABORT[info="say \\"no\\""], STALE_COOKIE_ERROR[staleness=5], ' +
        "OUT_OF_RESOURCE[], CAUSE[code=99, len=5, info=[0x01]]]",
    );
    expect(
      chunkLine({
        type: "RE-CONFIG",
        parameters: [
          { type: "OUTGOING-SSN-RESET", request: 1, response: 2, lastTsn: 3, streams: [4, 5] },
          { type: "RE-CONFIG-RESPONSE", response: 6, result: 1, nextTsns: [7, 8] },
          { type: "ADD-OUTGOING-STREAMS", request: 9, streams: 10 },
          { type: "UNKNOWN", number: 0x4001, value: Uint8Array.of(0xff) },
        ],
      }),
    ).toBe(
      "sctp: RECONFIG[flgs=0, OUTGOING_SSN_RESET[req_sn=1, resp_sn=2, last_tsn=3, sids=[4, 5]], " +
        "RECONFIG_RESPONSE[resp_sn=6, result=1, sender_next_tsn=7, receiver_next_tsn=8], " +
        "ADD_OUTGOING_STREAMS[req_sn=9, number_of_new_streams=10], PARAMETER[type=0x4001, len=5, val=[0xff]]]",
    );
    expect(
      chunkLine({
        type: "I-FORWARD-TSN",
        cumulativeTsn: 4,
        streams: [{ stream: 1, unordered: true, mid: 2 }],
      }),
    ).toBe("sctp: I_FORWARD_TSN[cum_tsn=4, ids=[{1, 1, 2}]]");
    expect(chunkLine({ type: "AUTH", keyId: 0, hmacId: 1, hmac: Uint8Array.of(7) })).toBe(
      "sctp: CHUNK[type=AUTH, flgs=0, len=9, val=[0x00, 0x00, 0x00, 0x01, 0x07]]",
    );
  });

  test("every parameter has its words, or its bytes", () => {
    const value = Uint8Array.of(0x41, 0x42);
    const said = (parameter: SctpParameter) => {
      const text = chunkLine({ type: "HEARTBEAT", parameters: [parameter] });
      return text.replace("sctp: HEARTBEAT[flgs=0, ", "").replace(/\]$/, "");
    };
    const six = address("2001:db8::1");
    expect(said({ type: "IPV6-ADDRESS", address: six })).toBe("IPV6_ADDRESS[addr=2001:db8::1]");
    expect(said({ type: "COOKIE-PRESERVATIVE", word: 5 })).toBe("COOKIE_PRESERVATIVE[incr=5]");
    expect(said({ type: "HOST-NAME-ADDRESS", value })).toBe('HOSTNAME_ADDRESS[addr="AB"]');
    expect(said({ type: "HOST-NAME-ADDRESS", value: Uint8Array.of(1) })).toBe(
      "PARAMETER[type=0xb, len=5, val=[0x01]]",
    );
    expect(said({ type: "SUPPORTED-ADDRESS-TYPES", numbers: [11, 99] })).toBe(
      "SUPPORTED_ADDRESS_TYPES[types=[HOSTNAME, 99]]",
    );
    expect(said({ type: "ZERO-CHECKSUM-ACCEPTABLE", word: 1 })).toBe("ZERO_CHECKSUM_ACCEPTABLE[edmid=1]");
    expect(said({ type: "PADDING", value })).toBe("PAD[len=6, val=...]");
    expect(said({ type: "SUPPORTED-EXTENSIONS", chunkTypes: [130, 64, 99] })).toBe(
      "SUPPORTED_EXTENSIONS[types=[RECONFIG, I_DATA, 99]]",
    );
    expect(said({ type: "ADAPTATION-LAYER-INDICATION", word: 7 })).toBe(
      "ADAPTATION_INDICATION[adaptation_code_point=7]",
    );
    expect(said({ type: "INCOMING-SSN-RESET", request: -1, streams: [] })).toBe(
      "INCOMING_SSN_RESET[req_sn=4294967295]",
    );
    expect(said({ type: "SSN-TSN-RESET", word: 3 })).toBe("SSN_TSN_RESET[req_sn=3]");
    expect(said({ type: "RE-CONFIG-RESPONSE", response: 1, result: 2, nextTsns: [] })).toBe(
      "RECONFIG_RESPONSE[resp_sn=1, result=2]",
    );
    expect(said({ type: "SET-PRIMARY-ADDRESS", correlation: 1, address: client })).toBe(
      "PARAMETER[type=0xc004, len=16, val=[0x00, 0x00, 0x00, 0x01, 0x00, 0x05, 0x00, 0x08, 0xc0, 0x00, 0x02, 0x01]]",
    );
    const inner = Uint8Array.of(0xc0, 0, 0, 4, 0, 8, 0, 5, 0xff);
    expect(said({ type: "UNRECOGNIZED-PARAMETER", value: inner })).toBe(
      "UNRECOGNIZED_PARAMETER[params=[FORWARD_TSN_SUPPORTED[], PARAMETER[type=0x8, len=5, val=[0xff]]]]",
    );
    expect(said({ type: "UNRECOGNIZED-PARAMETER", value })).toBe(
      "PARAMETER[type=0x8, len=6, val=[0x41, 0x42]]",
    );
  });

  test("every chunk has its words, or its bytes", () => {
    const sack = { cumulativeTsn: 9, receiverWindow: 8, gaps: [2, 3], duplicates: [] };
    expect(chunkLine({ type: "NR-SACK", ...sack, nonRenegable: [5, 6] })).toBe(
      "sctp: NR_SACK[flgs=0, cum_tsn=9, a_rwnd=8, gaps=[2:3], nr_gaps=[5:6], dups=[]]",
    );
    expect(chunkLine({ type: "COOKIE-ACK" })).toBe("sctp: COOKIE_ACK[flgs=0]");
    expect(chunkLine({ type: "SHUTDOWN-COMPLETE", tagReflected: true })).toBe(
      "sctp: SHUTDOWN_COMPLETE[flgs=T]",
    );
    expect(chunkLine({ type: "CWR", lowestTsn: 4 })).toBe("sctp: CWR[flgs=0, tsn=4]");
    expect(chunkLine({ type: "PAD", length: 3 })).toBe("sctp: PAD[flgs=0, len=7, val=...]");
    expect(chunkLine({ type: "FORWARD-TSN", cumulativeTsn: 4, streams: [{ stream: 1, ssn: 2 }] })).toBe(
      "sctp: FORWARD_TSN[cum_tsn=4, ids=[{1, 2}]]",
    );
    expect(
      chunkLine({
        type: "ERROR",
        causes: [
          { type: "INVALID-STREAM-IDENTIFIER", stream: 3 },
          { type: "MISSING-MANDATORY-PARAMETER", missing: [7] },
          { type: "NO-USER-DATA", tsn: -1 },
          { type: "OUT-OF-RESOURCE", value: Uint8Array.of(1) },
        ],
      }),
    ).toBe(
      "sctp: ERROR[flgs=0, INVALID_STREAM_IDENTIFIER[sid=3], MISSING_MANDATORY_PARAMETER[types=[7]], " +
        "NO_USER_DATA[tsn=4294967295], CAUSE[code=4, len=5, info=[0x01]]]",
    );
    expect(chunkLine({ type: "UNKNOWN", number: 99, flags: 1, value: Uint8Array.of(2) })).toBe(
      "sctp: CHUNK[type=99, flgs=1, len=5, val=[0x02]]",
    );
    const interleaved = Uint8Array.of(
      64,
      1,
      0,
      21,
      0,
      0,
      0,
      1,
      0,
      2,
      0,
      0,
      0,
      0,
      0,
      3,
      0,
      0,
      0,
      4,
      9,
      0,
      0,
      0,
    );
    const packet = new Uint8Array(36);
    packet.set(interleaved, 12);
    fillSctpChecksum(packet, 0, 36);
    expect(line(ip(132, packet))).toBe("sctp: I_DATA[flgs=E, len=21, tsn=1, sid=2, mid=3, fsn=4]");
    packet[13] = 3;
    fillSctpChecksum(packet, 0, 36);
    expect(line(ip(132, packet))).toBe("sctp: I_DATA[flgs=BE, len=21, tsn=1, sid=2, mid=3, ppid=4]");
    packet[15] = 20;
    fillSctpChecksum(packet, 0, 32);
    expect(line(ip(132, packet.slice(0, 32)))).toMatch(/^sctp: CHUNK\[type=I_DATA, flgs=3, len=20, val=\[/);
  });

  test("a wrong checksum, a missing one and chunks that run out are told", () => {
    const spoiled = sample("sctp shutdown");
    spoiled[28]! ^= 1;
    expect(line(spoiled)).toMatch(/^sctp\(bad_crc32c\): SHUTDOWN/);
    spoiled.fill(0, 28, 32);
    expect(line(spoiled)).toMatch(/^sctp\(zero_checksum\): SHUTDOWN/);
    const cut = sample("sctp shutdown");
    cut[35] = 99;
    expect(line(cut)).toBe("// malformed SCTP: chunk length, after nothing");
  });
});

test("any packet cut anywhere has a line", () => {
  for (const name of Object.keys(samples) as (keyof typeof samples)[]) {
    const packet = sample(name);
    for (let length = 0; length <= packet.length; length++)
      expect(packetLine(packet, 0, length, new LineFlows())).not.toContain("\n");
  }
});
