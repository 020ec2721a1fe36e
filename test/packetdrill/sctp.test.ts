import { describe, expect, test } from "vitest";
import { chunkOf, contentOf } from "./support/parse.ts";

describe("an SCTP packet", () => {
  test("is chunks, or everything after the common header as bytes", () => {
    expect(
      contentOf(
        "sctp",
        "< sctp: COOKIE_ACK[flgs=0]; SACK[flgs=0, cum_tsn=1, a_rwnd=2, gaps=[2:3], dups=[4]]",
        "nplab",
      ),
    ).toEqual({
      protocol: "sctp",
      checksum: "good",
      body: {
        form: "chunks",
        chunks: [
          { type: "COOKIE_ACK", flgs: 0 },
          { type: "SACK", flgs: 0, cum_tsn: 1, a_rwnd: 2, gaps: [{ start: 2, end: 3 }], dups: [4] },
        ],
      },
    });
    expect(contentOf("sctp", "< sctp: [0x01, 2, 0xff]", "nplab").body).toEqual({
      form: "bytes",
      bytes: [1, 2, 255],
    });
  });

  test("may fix its tag, spoil its checksum, and lie in UDP", () => {
    expect(contentOf("sctp", "< sctp(tag=5): COOKIE_ACK[flgs=0]", "nplab")).toMatchObject({
      tag: 5,
      checksum: "good",
    });
    expect(contentOf("sctp", "< sctp(bad_crc32c, tag=0): COOKIE_ACK[flgs=0]", "nplab")).toMatchObject({
      ...{ checksum: "bad_crc32c", tag: 0 },
    });
    expect(contentOf("sctp", "< sctp(zero_checksum) /udp(9 > 8): COOKIE_ACK[flgs=0]", "nplab")).toMatchObject(
      {
        ...{ checksum: "zero_checksum", udpEncapsulation: { source: 9, destination: 8 } },
      },
    );
  });
});

describe("chunks", () => {
  test.each([
    [
      "DATA[flgs=IUBE, len=116, tsn=1, sid=2, ssn=3, ppid=4]",
      { type: "DATA", flgs: 15, len: 116, tsn: 1, sid: 2, ssn: 3, ppid: 4 },
    ],
    [
      "I_DATA[flgs=B, len=..., tsn=1, sid=2, mid=3, ppid=4]",
      { type: "I_DATA", flgs: 2, len: null, tsn: 1, sid: 2, mid: 3, ppid: 4 },
    ],
    ["I_DATA[flgs=E, len=24, tsn=1, sid=2, mid=3, fsn=4]", { type: "I_DATA", flgs: 1, fsn: 4 }],
    [
      "INIT[flgs=0, tag=1, a_rwnd=..., os=2, is=3, tsn=4, ...]",
      { type: "INIT", flgs: 0, tag: 1, a_rwnd: null, os: 2, is: 3, tsn: 4, parameters: null },
    ],
    ["INIT_ACK[flgs=0, tag=1, a_rwnd=1, os=2, is=3, tsn=4]", { type: "INIT_ACK", parameters: [] }],
    ["SACK[flgs=0, cum_tsn=1, a_rwnd=2, gaps=[...], dups=...]", { type: "SACK", gaps: null, dups: null }],
    [
      "NR_SACK[flgs=0, cum_tsn=1, a_rwnd=2, gaps=[], nr_gaps=[1:2], dups=[]]",
      { type: "NR_SACK", gaps: [], nr_gaps: [{ start: 1, end: 2 }], dups: [] },
    ],
    [
      "HEARTBEAT[flgs=0, HEARTBEAT_INFORMATION[len=8, val=[1, 2, 3, 4]]]",
      { type: "HEARTBEAT", parameters: [{ type: "HEARTBEAT_INFORMATION", len: 8, val: [1, 2, 3, 4] }] },
    ],
    [
      "HEARTBEAT_ACK[flgs=0, HEARTBEAT_INFORMATION[...]]",
      { type: "HEARTBEAT_ACK", parameters: [{ type: "HEARTBEAT_INFORMATION", len: null, val: null }] },
    ],
    ["ABORT[flgs=T]", { type: "ABORT", flgs: 1, causes: [] }],
    ["ABORT[flgs=..., ...]", { type: "ABORT", flgs: null, causes: null }],
    ["ERROR[flgs=0, NO_USER_DATA[tsn=5]]", { type: "ERROR", causes: [{ type: "NO_USER_DATA", tsn: 5 }] }],
    ["SHUTDOWN[flgs=0, cum_tsn=5]", { type: "SHUTDOWN", flgs: 0, cum_tsn: 5 }],
    ["SHUTDOWN_ACK[flgs=0]", { type: "SHUTDOWN_ACK", flgs: 0 }],
    ["SHUTDOWN_COMPLETE[flgs=T]", { type: "SHUTDOWN_COMPLETE", flgs: 1 }],
    ["COOKIE_ECHO[flgs=0, len=..., val=...]", { type: "COOKIE_ECHO", flgs: 0, len: null, val: null }],
    ["ECNE[flgs=0, tsn=1]", { type: "ECNE", tsn: 1 }],
    ["CWR[flgs=0, tsn=1]", { type: "CWR", tsn: 1 }],
    ["RECONFIG[flgs=0, SSN_TSN_RESET[req_sn=1]]", { parameters: [{ type: "SSN_TSN_RESET", req_sn: 1 }] }],
    ["PAD[flgs=0, len=16, val=...]", { type: "PAD", len: 16, val: null }],
    [
      "FORWARD_TSN[cum_tsn=1, ids=[{1, 2}, {3, 4}]]",
      {
        type: "FORWARD_TSN",
        cum_tsn: 1,
        ids: [
          [1, 2],
          [3, 4],
        ],
      },
    ],
    ["I_FORWARD_TSN[cum_tsn=1, ids=[{1, 0, 2}]]", { type: "I_FORWARD_TSN", ids: [[1, 0, 2]] }],
    ["CHUNK[type=0xaf, flgs=0, len=5, val=[1]]", { type: "CHUNK", number: 0xaf, len: 5, val: [1] }],
    ["CHUNK[type=INIT_ACK, flgs=0, len=4, val=[]]", { type: "CHUNK", number: 2 }],
  ])("%s", (text, chunk) => {
    expect(chunkOf(text)).toMatchObject(chunk);
  });

  test("without parameters or causes where none belong", () => {
    expect(chunkOf("SHUTDOWN_COMPLETE[flgs=0]")).toEqual({ type: "SHUTDOWN_COMPLETE", flgs: 0 });
  });
});

describe("parameters", () => {
  const parameter = (text: string) => {
    const chunk = chunkOf(`INIT[flgs=0, tag=1, a_rwnd=1, os=1, is=1, tsn=1, ${text}]`);
    return "parameters" in chunk ? chunk.parameters?.[0] : undefined;
  };

  test.each([
    ["IPV4_ADDRESS[addr=1.2.3.4]", { type: "IPV4_ADDRESS", addr: "1.2.3.4" }],
    ["IPV6_ADDRESS[addr=2001:db8::1]", { type: "IPV6_ADDRESS", addr: "2001:db8::1" }],
    ['HOSTNAME_ADDRESS[addr="a \\"b"]', { type: "HOSTNAME_ADDRESS", addr: 'a "b' }],
    ["STATE_COOKIE[len=4, val=...]", { type: "STATE_COOKIE", len: 4, val: null }],
    ["STATE_COOKIE[...]", { type: "STATE_COOKIE", len: null, val: null }],
    [
      "UNRECOGNIZED_PARAMETER[params=[PARAMETER[type=0x8009, len=4, val=[]]]]",
      { type: "UNRECOGNIZED_PARAMETER", params: [{ type: "PARAMETER", number: 0x8009, len: 4, val: [] }] },
    ],
    ["COOKIE_PRESERVATIVE[incr=5]", { type: "COOKIE_PRESERVATIVE", incr: 5 }],
    ["SUPPORTED_ADDRESS_TYPES[types=[IPv4, IPv6, HOSTNAME, 9]]", { types: [5, 6, 11, 9] }],
    ["SUPPORTED_EXTENSIONS[types=[RECONFIG, AUTH, 0x84]]", { types: [0x82, 0x0f, 0x84] }],
    [
      "OUTGOING_SSN_RESET[req_sn=1, resp_sn=2, last_tsn=3, sids=[0, 1]]",
      { type: "OUTGOING_SSN_RESET", req_sn: 1, resp_sn: 2, last_tsn: 3, sids: [0, 1] },
    ],
    ["INCOMING_SSN_RESET[req_sn=1]", { type: "INCOMING_SSN_RESET", req_sn: 1 }],
    ["RECONFIG_RESPONSE[resp_sn=1, result=2]", { type: "RECONFIG_RESPONSE", resp_sn: 1, result: 2 }],
    [
      "RECONFIG_RESPONSE[resp_sn=1, result=2, sender_next_tsn=..., receiver_next_tsn=4]",
      { sender_next_tsn: null, receiver_next_tsn: 4 },
    ],
    ["ADD_OUTGOING_STREAMS[req_sn=1, number_of_new_streams=9]", { req_sn: 1, number_of_new_streams: 9 }],
    ["RECONFIG_REQUEST_GENERIC[type=99, len=8, req_sn=1, val=[]]", { number: 99, len: 8 }],
    ["ECN_CAPABLE[]", { type: "ECN_CAPABLE" }],
    ["ZERO_CHECKSUM_ACCEPTABLE[edmid=SCTP_OVER_DTLS]", { edmid: 1 }],
    ["FORWARD_TSN_SUPPORTED[]", { type: "FORWARD_TSN_SUPPORTED" }],
    ["ADAPTATION_INDICATION[adaptation_code_point=3]", { adaptation_code_point: 3 }],
  ])("%s", (text, expected) => {
    expect(parameter(text)).toMatchObject(expected);
  });
});

describe("causes of errors", () => {
  const cause = (text: string) => {
    const chunk = chunkOf(`ERROR[flgs=0, ${text}]`);
    return "causes" in chunk ? chunk.causes?.[0] : undefined;
  };

  test.each([
    ["INVALID_STREAM_IDENTIFIER[sid=1]", { type: "INVALID_STREAM_IDENTIFIER", sid: 1 }],
    ["MISSING_MANDATORY_PARAMETER[types=[7]]", { types: [7] }],
    ["STALE_COOKIE_ERROR[staleness=...]", { staleness: null }],
    ["OUT_OF_RESOURCE[]", { type: "OUT_OF_RESOURCE" }],
    [
      'UNRESOLVABLE_ADDRESS[param=HOSTNAME_ADDRESS[addr="x"]]',
      { param: { type: "HOSTNAME_ADDRESS", addr: "x" } },
    ],
    [
      "UNRECOGNIZED_CHUNK_TYPE[chk=CHUNK[type=0xef, flgs=0, len=5, val=[1]]]",
      { chk: { type: "CHUNK", number: 0xef, val: [1] } },
    ],
    ["UNRECOGNIZED_PARAMETERS[params=[...]]", { params: null }],
    ['PROTOCOL_VIOLATION[info="text"]', { info: "text" }],
    ["USER_INITIATED_ABORT[info=...]", { info: null }],
    ["CAUSE[code=9, len=8, info=[1, 2, 3, 4]]", { type: "CAUSE", code: 9, len: 8, info: [1, 2, 3, 4] }],
  ])("%s", (text, expected) => {
    expect(cause(text)).toMatchObject(expected);
  });
});
