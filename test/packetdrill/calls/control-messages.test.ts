import { describe, expect, test } from "vitest";
import { runScript } from "../../../src/packetdrill/run/runner.ts";

const opening = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 setsockopt(3, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = 0
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+.01 < . 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
`;

function message(flags: string, control: string, result = "0"): string {
  const header = `msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=${flags}`;
  return `+0 recvmsg(4, {${header}, msg_control=[${control}]}, MSG_ERRQUEUE) = ${result}\n`;
}

function error(fields: string): string {
  const names = fields.split(" ");
  const values = ["errno", "origin", "type", "code", "info", "data"].map(
    (name, i) => `ee_${name}=${names[i]}`,
  );
  return `{cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, cmsg_data={${values.join(", ")}}}`;
}

const freed = (from: number, to: number): string =>
  message("MSG_ERRQUEUE", error(`0 SO_EE_ORIGIN_ZEROCOPY 0 SO_EE_CODE_ZEROCOPY_COPIED ${from} ${to}`));

function run(text: string): { result: string; message: string } {
  const { result, message } = runScript(opening + text);
  return { result, message };
}

const passed = { result: "pass", message: "" };

describe("the error queue", () => {
  const two = `+0 send(4, ..., 4000, MSG_ZEROCOPY) = 4000
* > P. 1:4001(4000) ack 1
+0 send(4, ..., 4000, MSG_ZEROCOPY) = 4000
* > P. 4001:8001(4000) ack 1
`;

  test("tells of buffers that are free, those in a row together", () => {
    expect(run(`${two}+.01 < . 1:1(0) ack 8001 win 32792\n${freed(0, 1)}`)).toEqual(passed);
    const apart = `${two}+.01 < . 1:1(0) ack 4001 win 32792\n${freed(0, 0)}+.01 < . 1:1(0) ack 8001 win 32792\n`;
    expect(run(apart + freed(1, 1))).toEqual(passed);
  });

  test("tells of those that a reset freed, and is empty otherwise", () => {
    expect(run(`${two}+.01 < R. 1:1(0) ack 4001 win 0\n${freed(0, 1)}`)).toEqual(passed);
    expect(run(two + message("0", "", "-1 EAGAIN (nothing)"))).toEqual(passed);
  });

  test("tells when the last octet was scheduled, left and was acknowledged", () => {
    const bits = "TX_SCHED TX_SOFTWARE TX_ACK SOFTWARE OPT_ID"
      .split(" ")
      .map((bit) => `SOF_TIMESTAMPING_${bit}`);
    const stamp = (stage: string, nanoseconds: number): string =>
      message(
        "MSG_ERRQUEUE|MSG_TRUNC",
        `{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING, cmsg_data={scm_sec=0, scm_nsec=${nanoseconds}}}, ` +
          error(`ENOMSG SO_EE_ORIGIN_TIMESTAMPING 0 0 SCM_TSTAMP_${stage} 1999`),
      );
    const script = `+0 setsockopt(4, SOL_SOCKET, SO_TIMESTAMPING, [${bits.join("|")}], 4) = 0
+0 write(4, ..., 2000) = 2000
* > P. 1:2001(2000) ack 1
+.02 < . 1:1(0) ack 2001 win 32792
`;
    const told = [stamp("SCHED", 10_000_000), stamp("SND", 10_000_000), stamp("ACK", 30_000_000)].join("");
    expect(run(script + told)).toEqual(passed);
    expect(run(script + stamp("SCHED", 20_000_000)).message).toContain(
      "Bad timestamp: expected: 20000 usec actual: 10000 usec",
    );
  });

  test("is compared with what the script says, field by field", () => {
    const acknowledged = `${two}+.01 < . 1:1(0) ack 8001 win 32792\n`;
    expect(run(acknowledged + freed(0, 0)).message).toContain("Expected ee_data 0 but got 1");
    expect(run(acknowledged + message("MSG_ERRQUEUE", "")).message).toContain(
      "Expected 0 control messages but got 1",
    );
    expect(run(acknowledged + message("0", "")).message).toContain("Expected msg_flags 0x0 but got 0x2000");
  });
});
