import { describe, test } from "vitest";
import { endpoint } from "./support/endpoint.ts";

const strict = { config: { softErrorsAbortOpening: false } };

describe("ICMP errors [RFC 9293 MUST-54]", () => {
  test("hard ones end a connection that opens [RFC 9293 SHLD-26]", () => {
    endpoint("SYN-SENT", strict)
      .icmp("ECONNREFUSED", true, 0)
      .is("CLOSED")
      .fails("ECONNREFUSED")
      .hears("error", "closed");
  });

  test("soft ones do so as Linux does, or not, as the profile says [RFC 5461 3] [RFC 9293 MUST-56]", () => {
    endpoint("SYN-SENT").icmp("EHOSTUNREACH", false, 0).is("CLOSED").fails("EHOSTUNREACH");
    endpoint("SYN-SENT", strict)
      .icmp("EHOSTUNREACH", false, 0)
      .is("SYN-SENT")
      .after(200_000)
      .fails("EHOSTUNREACH");
  });

  test("none ends one that is open; a timeout then tells of it [RFC 5927 5.2] [RFC 9293 MUST-56, SHLD-25]", () => {
    const one = endpoint("ESTABLISHED").writes(10).icmp("ECONNREFUSED", true, 1).is("ESTABLISHED").hears();
    one.after(1_100_000).is("CLOSED").fails("ECONNREFUSED");
  });

  test("that quote nothing in flight are not believed [RFC 5927 4.1]", () => {
    endpoint("SYN-SENT").icmp("ECONNREFUSED", true, 1).icmp("ECONNREFUSED", true, -1).is("SYN-SENT");
    endpoint("ESTABLISHED").writes(10).icmp("EHOSTUNREACH", false, 11).after(1_100_000).fails("ETIMEDOUT");
    endpoint("TIME-WAIT").icmp("ECONNREFUSED", true, 1).is("TIME-WAIT");
  });
});

describe("a smaller path MTU [RFC 1191 6.5] [RFC 8201 5.4]", () => {
  test("sends again what was too large, in smaller segments, and leaves cwnd alone", () => {
    endpoint("ESTABLISHED")
      .writes(2500)
      .skips()
      .pathMtu(640)
      .sends(
        ". 1:601(600) ack 1",
        ". 601:1201(600) ack 1",
        ". 1201:1801(600) ack 1",
        ". 1801:2401(600) ack 1",
        "P. 2401:2501(100) ack 1",
      )
      .shows({ cwnd: 10_000, sndMss: 600, recovery: "open" });
  });

  test("changes what is sent from now on, and a larger one does too", () => {
    endpoint("ESTABLISHED")
      .pathMtu(640)
      .writes(600)
      .sends("P. 1:601(600) ack 1")
      .pathMtu(9000)
      .writes(1000)
      .sends("P. 601:1601(1000) ack 1");
  });

  test("sends nothing again that was small enough", () => {
    endpoint("ESTABLISHED").writes(500).skips().pathMtu(640).sendsNothing();
  });

  test("never makes segments smaller than the profile's least", () => {
    endpoint("ESTABLISHED").pathMtu(68).shows({ sndMss: 48 });
  });
});
