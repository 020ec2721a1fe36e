/**
 * A profile's rules of conflict in words: not told, but asked. Each question sets one socket on a port and has a second one try, so
 * the answers are those the rules give.
 */
import { address, anyV4, anyV6 } from "../../base/address.ts";
import { SocketError } from "../../base/errno.ts";
import { seededRandom } from "../../base/random.ts";
import type { Binding, BindRequest } from "../../ports/binding.ts";
import { PortManager } from "../../ports/port-manager.ts";
import type { Profile } from "../../ports/profile.ts";
import { type PortrayedProtocol, portrayedProtocols } from "./protocols.ts";

export interface SharingAnswer {
  readonly question: string;
  /** `yes`, or the errno. */
  readonly answers: Readonly<Record<PortrayedProtocol, string>>;
}

type Socket = Omit<BindRequest, "protocol" | "port">;

interface Question {
  readonly text: string;
  readonly first: Socket;
  readonly second: Socket;
  /** What becomes of the first, once it is bound. */
  readonly fate?: "listens" | "connected" | "rests";
}

const here = address("192.0.2.1");
const elsewhere = address("192.0.2.2");
const far = { address: address("198.51.100.1"), port: 443 };
const port = 5000;

const one: Socket = { domain: 4, address: here, uid: 1000 };
const any: Socket = { ...one, address: anyV4 };
const any6: Socket = { ...one, domain: 6, address: anyV6 };
const reuse = { reuseAddress: true };
const group = { reusePort: true };

const questions: readonly Question[] = [
  { text: "one address twice, no option set", first: one, second: one },
  { text: "two addresses of the host", first: one, second: { ...one, address: elsewhere } },
  { text: "any address beside one address", first: one, second: any },
  {
    text: "any address beside one address, the second with SO_REUSEADDR",
    first: one,
    second: { ...any, ...reuse },
  },
  {
    text: "any address beside one address, both with SO_REUSEADDR",
    first: { ...one, ...reuse },
    second: { ...any, ...reuse },
  },
  {
    text: "one address twice, the second with SO_REUSEADDR",
    first: one,
    second: { ...one, ...reuse },
  },
  {
    text: "one address twice, both with SO_REUSEADDR",
    first: { ...one, ...reuse },
    second: { ...one, ...reuse },
  },
  {
    text: "the same, the first listening",
    first: { ...one, ...reuse },
    second: { ...one, ...reuse },
    fate: "listens",
  },
  {
    text: "one address twice, both with SO_REUSEPORT, one user",
    first: { ...one, ...group },
    second: { ...one, ...group },
  },
  {
    text: "the same, two users",
    first: { ...one, ...group },
    second: { ...one, ...group, uid: 1001 },
  },
  {
    text: "both with SO_REUSEADDR, the first with SO_EXCLUSIVEADDRUSE",
    first: { ...one, ...reuse, exclusive: true },
    second: { ...one, ...reuse },
  },
  { text: "0.0.0.0 and then [::], as a new socket is", first: any, second: any6 },
  { text: "0.0.0.0 and then [::] without IPV6_V6ONLY", first: any, second: { ...any6, v6Only: false } },
  { text: "0.0.0.0 and then [::] with IPV6_V6ONLY", first: any, second: { ...any6, v6Only: true } },
  {
    text: "one address twice, on two devices",
    first: { ...one, device: 1 },
    second: { ...one, device: 2 },
  },
  { text: "a port that a connection has, no option set", first: one, second: one, fate: "connected" },
  {
    text: "the same, both with SO_REUSEADDR",
    first: { ...one, ...reuse },
    second: { ...one, ...reuse },
    fate: "connected",
  },
  { text: "a port in TIME-WAIT, no option set", first: one, second: one, fate: "rests" },
  {
    text: "the same, the second with SO_REUSEADDR",
    first: one,
    second: { ...one, ...reuse },
    fate: "rests",
  },
  {
    text: "the same, both with SO_REUSEADDR",
    first: { ...one, ...reuse },
    second: { ...one, ...reuse },
    fate: "rests",
  },
];

export function sharingAnswers(profile: Profile): SharingAnswer[] {
  return questions.map((question) => {
    const answers = portrayedProtocols.map((protocol) => [protocol, ask(profile, protocol, question)]);
    return { question: question.text, answers: Object.fromEntries(answers) as SharingAnswer["answers"] };
  });
}

function ask(profile: Profile, protocol: PortrayedProtocol, { first, second, fate }: Question): string {
  if (fate === "rests" && protocol !== "tcp") return "-";
  if (fate === "listens" && profile.protocols[protocol].receivesWhen === "bound") return "-";
  const ports = new PortManager<number>({ profile, random: seededRandom(1), now: () => 0 });
  try {
    const holder = ports.tryReserve(1, { ...first, protocol, port });
    if (typeof holder === "string") return holder;
    become(ports, holder, fate);
    const found = ports.tryReserve(2, { ...second, protocol, port });
    return typeof found === "string" ? found : "yes";
  } catch (error) {
    if (error instanceof SocketError) return error.code;
    throw error;
  }
}

function become(ports: PortManager<number>, holder: Binding<number>, fate: Question["fate"]): void {
  if (fate === "listens") ports.listen(holder);
  if (fate === "connected" || fate === "rests") ports.connect(holder, { source: here, remote: far });
  if (fate === "rests") ports.hold(holder, 1, 60_000, { timestamps: true });
}
