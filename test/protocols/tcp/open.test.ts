import { describe, expect, test } from "vitest";
import {
  isSendable,
  linuxTcp,
  listenArrives,
  openActive,
  rfcTcp,
} from "../../../src/protocols/tcp/connection.ts";
import { endpoint } from "./support/endpoint.ts";
import { parseSegment } from "./support/segment-text.ts";

const header = (text: string) => parseSegment(text, { sender: 0, receiver: 0 }).segment;

describe("a listener [RFC 9293 3.10.7.2]", () => {
  test("ignores resets, resets ACKs, opens for SYNs and ignores the rest", () => {
    expect(listenArrives(header("R 0:0(0)"))).toBe("ignore");
    expect(listenArrives(header("R. 0:0(0) ack 1"))).toBe("ignore");
    expect(listenArrives(header(". 0:0(0) ack 1"))).toBe("reset");
    expect(listenArrives(header("S. 0:0(0) ack 1"))).toBe("reset");
    expect(listenArrives(header("S 0:0(0)"))).toBe("open");
    expect(listenArrives(header("F 0:0(0)"))).toBe("ignore");
    expect(listenArrives(header("P 0:10(10)"))).toBe("ignore");
  });

  test("acknowledges the SYN alone: text beside it comes again", () => {
    endpoint("CLOSED")
      .accepts("S 0:100(100) <mss 1000>")
      .sends("S. 0:0(0) ack 1")
      .peer(". 1:1(0) ack 1", "P. 1:101(100) ack 1")
      .is("ESTABLISHED")
      .reads(100);
  });
});

describe("SYN-SENT [RFC 9293 3.10.7.3]", () => {
  test("an ACK of what was not sent is answered with a reset of its own number, and changes nothing", () => {
    endpoint("SYN-SENT")
      .peer(". 5:5(0) ack 9")
      .drops("ack-of-unsent")
      .sends("R 9:9(0)")
      .is("SYN-SENT")
      .peer("S. 5:5(0) ack 0")
      .sends("R 0:0(0)")
      .is("SYN-SENT");
  });

  test("an ACK of what was not sent brings the next SYN within two ticks: the reset has ended what stood in its way", () => {
    endpoint("SYN-SENT")
      .peer(". 5:5(0) ack 9")
      .sends("R 9:9(0)")
      .after(1)
      .sendsNothing()
      .after(1)
      .sends("S 0:0(0)")
      .peer(". 5:5(0) ack 9")
      .sends("R 9:9(0)")
      .after(900)
      .sendsNothing();
  });

  test("a reset counts only with the right ACK [RFC 5961 3]", () => {
    endpoint("SYN-SENT")
      .peer("R. 0:0(0) ack 7")
      .drops("ack-of-unsent")
      .sendsNothing()
      .peer("R 0:0(0)")
      .drops("no-ack")
      .is("SYN-SENT")
      .peer("R. 0:0(0) ack 1")
      .is("CLOSED")
      .fails("ECONNREFUSED")
      .hears("error", "closed");
  });

  test("a good ACK without SYN or RST says nothing", () => {
    endpoint("SYN-SENT").peer(". 0:0(0) ack 1").drops("no-ack").sendsNothing().is("SYN-SENT");
  });

  test("text and FIN of a SYN-ACK are taken", () => {
    endpoint("SYN-SENT")
      .peer("SFP. 0:10(10) ack 1 <mss 1000>")
      .sends(". 1:1(0) ack 12")
      .is("CLOSE-WAIT")
      .reads(10)
      .hears("established", "readable", "readable");
  });

  test("what the user gives while opening goes with the ACK of the SYN-ACK", () => {
    endpoint("SYN-SENT")
      .writes(100)
      .sendsNothing()
      .peer("S. 0:0(0) ack 1 <mss 1000>")
      .sends("P. 1:101(100) ack 1");
  });

  test("close forgets it without a word [RFC 9293 3.10.4]", () => {
    endpoint("SYN-SENT").closes().sendsNothing().is("CLOSED").hears("closed").fails(undefined);
    endpoint("SYN-SENT").shuts().sendsNothing().is("CLOSED");
    endpoint("SYN-SENT").aborts().sendsNothing().is("CLOSED");
  });
});

describe("SYN-RECEIVED", () => {
  test("a SYN that comes again has its answer again", () => {
    endpoint("SYN-RECEIVED").peer("S 0:0(0) <mss 1000>").drops("duplicate-syn").sends("S. 0:0(0) ack 1");
    endpoint("SYN-RECEIVED").peer("S 0:50(50) <mss 1000>").drops("duplicate-syn").sends("S. 0:0(0) ack 1");
  });

  test("an ACK of anything but our SYN is reset, and we wait on [RFC 9293 3.10.7.4, fifth]", () => {
    endpoint("SYN-RECEIVED")
      .peer(". 1:1(0) ack 2")
      .drops("ack-of-unsent")
      .sends("R 2:2(0)")
      .is("SYN-RECEIVED")
      .peer(". 1:1(0) ack 0")
      .sends("R 0:0(0)")
      .is("SYN-RECEIVED");
  });

  test("a reset returns to LISTEN where a listener opened it, and refuses where we did [RFC 9293 MUST-11]", () => {
    endpoint("SYN-RECEIVED").peer("R 1:1(0)").is("CLOSED").fails(undefined).hears("closed");
    endpoint("SYN-SENT")
      .peer("S 0:0(0)")
      .peer("R 1:1(0)")
      .is("CLOSED")
      .fails("ECONNREFUSED")
      .hears("error", "closed");
  });

  test("another SYN in the window returns to LISTEN; where we opened too, it is challenged [RFC 9293 MUST-11]", () => {
    endpoint("SYN-RECEIVED").peer("S 20:20(0)").sendsNothing().is("CLOSED").fails(undefined);
    endpoint("SYN-SENT")
      .peer("S 0:0(0)")
      .skips()
      .peer("S 20:20(0)")
      .drops("blind-syn")
      .sends(". 1:1(0) ack 1")
      .is("SYN-RECEIVED");
  });

  test("a segment out of the window is answered with an ACK", () => {
    endpoint("SYN-RECEIVED")
      .peer(". 70000:70000(0) ack 1")
      .drops("out-of-window")
      .sends(". 1:1(0) ack 1")
      .is("SYN-RECEIVED");
  });

  test("close waits for ESTABLISHED with its FIN [RFC 9293 3.10.4]", () => {
    endpoint("SYN-RECEIVED")
      .shuts()
      .sendsNothing()
      .is("SYN-RECEIVED")
      .peer(". 1:1(0) ack 1")
      .sends("F. 1:1(0) ack 1")
      .is("FIN-WAIT-1");
  });

  test("abort resets [RFC 9293 3.10.5]", () => {
    endpoint("SYN-RECEIVED").aborts().sends("R. 1:1(0) ack 1").is("CLOSED");
  });

  test("the ACK may bring text with it", () => {
    endpoint("SYN-RECEIVED").peer("P. 1:11(10) ack 1").is("ESTABLISHED").reads(10);
  });
});

describe("SYNs that stay unanswered", () => {
  test("go out again with the same mechanism as text [RFC 9293 MUST-22] [RFC 6298 2.1]", () => {
    endpoint("SYN-SENT", { config: { synLinearTimeouts: 0 } })
      .next(1000)
      .sends("S 0:0(0)")
      .next(2000)
      .sends("S 0:0(0)")
      .next(4000)
      .sends("S 0:0(0)");
  });

  test("as Linux does, back off after four, and end with ETIMEDOUT after 67 s and the last wait", () => {
    const one = endpoint("SYN-SENT");
    for (const wait of [1000, 1000, 1000, 1000, 1000, 2000, 4000, 8000, 16_000, 32_000])
      one.next(wait).sends("S 0:0(0)");
    one.next(64_000).sendsNothing().is("CLOSED").fails("ETIMEDOUT").hears("error", "closed");
  });

  test("go on for three minutes at least where the RFC is followed [RFC 9293 MUST-23]", () => {
    endpoint("SYN-SENT", { config: rfcTcp })
      .after(180_000)
      .is("SYN-SENT")
      .after(60_000)
      .is("CLOSED")
      .fails("ETIMEDOUT");
  });

  test("are as many as the user says (TCP_SYNCNT) [RFC 9293 MUST-21]", () => {
    endpoint("SYN-SENT", { synRetries: 1, config: { synLinearTimeouts: 0 } })
      .after(2999)
      .sends("S 0:0(0)")
      .is("SYN-SENT")
      .after(1)
      .is("CLOSED");
  });

  test("end after the user timeout", () => {
    endpoint("SYN-SENT", { userTimeout: 1500, config: { synLinearTimeouts: 0 } })
      .after(2499)
      .is("SYN-SENT")
      .after(1)
      .is("CLOSED")
      .fails("ETIMEDOUT");
  });

  test("SYN-ACKs: five retries, then the connection is forgotten in silence", () => {
    const one = endpoint("SYN-RECEIVED");
    for (const wait of [1000, 2000, 4000, 8000, 16_000]) one.next(wait).sends("S. 0:0(0) ack 1");
    one.next(32_000).sendsNothing().is("CLOSED").fails(undefined).hears("closed");
  });

  test("leave a timeout of three seconds for text where nothing was measured [RFC 6298 5.7]", () => {
    endpoint("SYN-SENT").after(1000).peer("S. 0:0(0) ack 1 <mss 1000>").shows({ rto: 3000, srtt: undefined });
  });

  test("leave what an echoed timestamp measured [RFC 7323 4.1]", () => {
    endpoint("SYN-SENT", { config: { timestamps: true } })
      .after(1000)
      .after(50)
      .peer("S. 0:0(0) ack 1 <mss 1000,TS val 1 ecr 2000>")
      .shows({ srtt: 50, rto: 250 });
  });

  test("leave one segment of initial window after two losses [RFC 6928 2] [RFC 5681 3.1]", () => {
    endpoint("SYN-SENT").after(1000).peer("S. 0:0(0) ack 1 <mss 1000>").shows({ cwnd: 10_000 });
    endpoint("SYN-SENT").after(2000).peer("S. 0:0(0) ack 1 <mss 1000>").shows({ cwnd: 1000 });
  });
});

describe("a TCB", () => {
  test("is opened once", () => {
    const { tcb, now } = endpoint("SYN-SENT");
    expect(() => openActive(tcb, now)).toThrow("once");
  });

  test("takes data while it opens and while it is open, and not after its FIN", () => {
    expect(isSendable(endpoint("SYN-SENT").tcb)).toBe(true);
    expect(isSendable(endpoint("ESTABLISHED").tcb)).toBe(true);
    expect(isSendable(endpoint("SYN-RECEIVED").shuts().tcb)).toBe(false);
    endpoint("FIN-WAIT-1").writes(10, 0, 0).sendsNothing();
  });

  test("tells the world of every state", () => {
    const seen: string[] = [];
    const one = endpoint("CLOSED");
    Object.assign(one.tcb.world, {
      trace: (_: unknown, from: string, to: string) => seen.push(`${from} ${to}`),
    });
    one.connects().peer("S. 0:0(0) ack 1").aborts();
    expect(seen).toEqual(["CLOSED SYN-SENT", "SYN-SENT ESTABLISHED", "ESTABLISHED CLOSED"]);
  });

  test("has the initial window of its profile [RFC 6928 2]", () => {
    endpoint("ESTABLISHED").shows({ cwnd: 10_000 });
    endpoint("ESTABLISHED", { mtu: 9000, syn: "win 65535 <mss 8960>", config: rfcTcp }).shows({
      cwnd: 17_920,
    });
    endpoint("ESTABLISHED", { mtu: 9000, syn: "win 65535 <mss 8960>", config: linuxTcp }).shows({
      cwnd: 89_600,
    });
  });
});
