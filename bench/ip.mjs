/** IP alone: a packet from a transport to a link, and from a link to a transport, on a link that costs nothing. */
import { address } from "../dist/base/address.js";
import { newPacket } from "../dist/base/packet.js";
import { seededRandom } from "../dist/base/random.js";
import { VirtualClock } from "../dist/base/time/virtual-clock.js";
import { Host } from "../dist/stack/host.js";
import { nanoseconds } from "./measure.mjs";

/** Nanoseconds that IP may take each way in a busy host, beyond the transport's checksum. */
const budget = { unit: "ns", against: [{ peer: "a budget", cost: 100, bar: 1 }] };
/** A packet alone pays for a whole batch: the clock, every transport's flush, the link's call. */
const alone = { unit: "ns" };
const batch = 64;
const protocol = 253;

const families = [
  { name: "IPv4", own: "10.0.0.1/24", peer: "10.0.0.2/24", to: "10.0.0.2", back: "10.0.0.1" },
  { name: "IPv6", own: "fd00::1/64", peer: "fd00::2/64", to: "fd00::2", back: "fd00::1" },
];

export async function measureGroup() {
  return families.flatMap((family) => [
    { name: `${family.name} out, batches of ${batch}`, ours: nanoseconds(sending(family, batch)), ...budget },
    { name: `${family.name} out, alone`, ours: nanoseconds(sending(family, 1)), ...alone },
    {
      name: `${family.name} in, batches of ${batch}`,
      ours: nanoseconds(receiving(family, batch)),
      ...budget,
    },
    { name: `${family.name} in, alone`, ours: nanoseconds(receiving(family, 1)), ...alone },
  ]);
}

function sending({ own, to }, size) {
  const { host } = hostOn(own);
  const send = sender(host, to);
  return (count) => {
    for (let left = count; left > 0; left -= size) {
      for (let i = 0; i < size; i++) send();
      host.flush();
    }
  };
}

function receiving({ own, peer, back }, size) {
  const far = hostOn(peer);
  sender(far.host, back)();
  far.host.flush();
  const packets = Array.from({ length: size }, () => newPacket(far.link.last.slice()));
  const { link } = hostOn(own);
  return (count) => {
    for (let left = count; left > 0; left -= size) link.receiver.receive(packets, size);
  };
}

function sender({ ip }, to) {
  const route = ip.route(address(to), {});
  const options = { protocol, hopLimit: 64, trafficClass: 0, dontFragment: true, flowLabel: 0 };
  return () => ip.send(ip.allocate(64), route, options);
}

function hostOn(own) {
  const link = new NullLink();
  const host = new Host({ clock: new VirtualClock(), random: seededRandom(1) });
  host.addInterface(link, { addresses: [own] });
  let received = 0;
  host.register({
    protocol,
    receive: ({ start, end }) => {
      received += end - start;
    },
    icmpError() {},
    flush() {},
  });
  return { host, link, received: () => received };
}

class NullLink {
  name = "null";
  stats = {};
  capabilities = {
    medium: "ip",
    mtu: 1500,
    headroom: 0,
    partialChecksum: true,
    tcpSegmentation: true,
    udpSegmentation: true,
  };
  /** A copy of the first packet sent. */
  last = undefined;
  open(receiver) {
    this.receiver = receiver;
  }
  send([first], count) {
    this.last ??= first.bytes.slice(first.start, first.end);
    return count;
  }
  close() {}
}
