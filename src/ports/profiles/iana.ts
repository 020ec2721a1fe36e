/**
 * The plainest host: the range the registry sets aside (RFC 6335, section 6) and increment with wraparound over it. Bindings
 * conflict as on Linux, the strictest. `iana` is what to watch when a choice should be foreseeable by eye.
 */
import { heldToTheEnd } from "../hold/hold.ts";
import { type Profile, withSelection } from "../profile.ts";
import { sequential } from "../selection/rfc6056/sequential.ts";
import { linux } from "./linux.ts";

export const iana: Profile = {
  name: "iana",
  range: [49152, 65535], // the Dynamic Ports
  ownRange: true,
  unprivilegedStart: 1024, // the end of the System Ports
  addressMakesV6Only: true,
  protocols: {
    tcp: withSelection(linux.protocols.tcp, sequential),
    udp: withSelection(linux.protocols.udp, sequential),
    sctp: withSelection(linux.protocols.sctp, sequential),
    udplite: withSelection(linux.protocols.udplite, sequential),
  },
  hold: heldToTheEnd(240_000), // 2 * MSL, MSL two minutes: RFC 9293, section 3.4.2
  reuse: { mode: 0, delay: 0 },
};
