/**
 * The demo's story: clients open until they have used up most of a small range, close in different ways, open again
 * until the range wraps and is exhausted, and once more when TIME-WAIT has freed what rested.
 */
import { SocketError } from "../../base/errno.ts";
import { explanationText } from "../../ports/insight/explanation-text.ts";
import type { SocketView } from "../render/sockets.ts";
import { type Client, openTcp, openUdp, type Target } from "./clients.ts";
import type { DemoEvent, DemoScene, DemoSummary } from "./record.ts";
import { type DemoWorld, serverAddress } from "./world.ts";

const echo: Target = { address: serverAddress, port: 7 };
const daytime: Target = { address: serverAddress, port: 13 };
const http: Target = { address: serverAddress, port: 80 };

/** Virtual milliseconds between two things that clients do, and for a connection to close. */
const pace = 100;
const patience = 500;

const reopenAbout = [
  "The search goes on, comes around, and passes over what is taken or rests.",
  "Where nothing is left, a port may still serve another destination: only the five-tuple has to differ.",
].join("\n");

export interface StoryOptions {
  /** TCP connections to open in all, those to other ports of the server not counted. */
  readonly connections: number;
}

/** Tells the story, a scene at a time as it happens. */
export function* tell(world: DemoWorld, { connections }: StoryOptions): Generator<DemoScene, DemoSummary> {
  const stage = new Stage(world);
  const [low, high] = world.range;
  const size = high - low + 1;
  const first = Math.min(Math.max(1, size - 2), Math.ceil(connections / 2));

  stage.begin(
    "Clients open",
    "Each gets a port of the range. UDP has ports of its own: the same numbers, other sockets.",
  );
  for (let i = 0; i < first; i++) stage.open("tcp", i === first - 2 ? daytime : echo);
  for (let i = 0; i < 2; i++) stage.open("udp", echo);
  yield stage.end();

  stage.begin(
    "Some of them close",
    "Who closes first rests in TIME-WAIT, and the port with it. Closed by the peer, and over UDP, a port is free at once.",
  );
  stage.closeMost();
  yield stage.end();

  stage.begin("New clients open", reopenAbout);
  let opened = first + stage.openUntilRefused(connections - first);
  if (opened < connections) stage.open("tcp", http);
  yield stage.end();

  let more: number;
  do {
    stage.begin("Time passes", "When TIME-WAIT is over, its ports are free, and are chosen again.");
    stage.closeMost();
    stage.waitForRest();
    more = stage.openUntilRefused(connections - opened);
    opened += more;
    yield stage.end();
  } while (more > 0 && opened < connections);

  stage.begin("All close", "Every port comes back, exactly once.");
  stage.closeAll();
  stage.waitForRest();
  yield stage.end();
  return stage.summary();
}

/** Where it happens, and what is written down of it. */
class Stage {
  readonly #world: DemoWorld;
  readonly #clients: Client[] = [];
  readonly #tcpPorts: number[] = [];
  #title = "";
  #about = "";
  #events: DemoEvent[] = [];
  #count = 0;

  constructor(world: DemoWorld) {
    this.#world = world;
  }

  begin(title: string, about: string): void {
    this.#title = title;
    this.#about = about;
    this.#events = [];
  }

  end(): DemoScene {
    this.#world.advance(patience);
    const sockets = this.#world.sockets();
    return { title: this.#title, about: this.#about, events: this.#events, sockets };
  }

  /** Opens a client; false where there was no port for it. */
  open(protocol: "tcp" | "udp", remote: Target): boolean {
    const { world } = { world: this.#world };
    this.#count++;
    const label = `client ${this.#count}`;
    const at = world.now();
    const { value: client, explanation } = world.explained(() =>
      (protocol === "tcp" ? openTcp : openUdp)(world.client, remote, label),
    );
    const why = explanation === undefined ? "" : explanationText(explanation, at);
    if (client instanceof SocketError) {
      this.#write({
        at,
        protocol,
        action: "refused",
        local: "",
        remote: textOf(remote),
        why: `${refusal(client)}${why && `: ${why}`}`,
      });
      return false;
    }
    this.#clients.push(client);
    if (protocol === "tcp") this.#tcpPorts.push(client.local.port);
    this.#write({ at, protocol, action: "opened", local: textOf(client.local), remote: textOf(remote), why });
    world.advance(pace);
    return true;
  }

  /** Opens TCP clients, at most so many, until there is no port for one. @returns how many were opened */
  openUntilRefused(most: number): number {
    let opened = 0;
    while (opened < most && this.open("tcp", echo)) opened++;
    return opened;
  }

  /** All but the newest TCP and the newest UDP client close. */
  closeMost(): void {
    const newest = new Set([
      this.#clients.findLast(({ protocol }) => protocol === "tcp"),
      this.#clients.findLast(({ protocol }) => protocol === "udp"),
    ]);
    for (const client of this.#clients.filter((each) => !newest.has(each))) this.#close(client);
  }

  closeAll(): void {
    for (const client of [...this.#clients]) this.#close(client);
  }

  /** Lets time pass until no port rests, and writes down when each was freed. */
  waitForRest(): void {
    const begin = this.#world.now();
    const resting = restingOf(this.#world.sockets()).sort((a, b) => leftOf(a) - leftOf(b));
    this.#world.advance(leftOf(resting.at(-1)) + patience);
    const still = new Set(restingOf(this.#world.sockets()).map(({ local }) => local));
    for (const view of resting) {
      const { local, remote } = view;
      if (still.has(local)) continue;
      const at = begin + leftOf(view);
      this.#write({ at, protocol: "tcp", action: "freed", local, remote, why: "TIME-WAIT is over" });
    }
  }

  summary(): DemoSummary {
    const { packets, stats } = this.#world;
    return { duration: this.#world.now(), packets: packets(), ports: stats(), tcpPorts: this.#tcpPorts };
  }

  #close(client: Client): void {
    const at = this.#world.now();
    const { protocol, local, remote, peerEnded } = client;
    client.close();
    this.#clients.splice(this.#clients.indexOf(client), 1);
    this.#world.advance(pace);
    const rests = protocol === "tcp" && this.#world.rests(local, remote);
    this.#write({
      at,
      protocol,
      action: peerEnded ? "closed by peer" : "closed by us",
      local: textOf(local),
      remote: textOf(remote),
      why: rests ? "the port rests in TIME-WAIT" : "the port is free at once",
    });
  }

  #write(event: DemoEvent): void {
    this.#events.push(event);
  }
}

/** TCP alone rests. */
function restingOf(views: readonly SocketView[]): SocketView[] {
  return views.filter(({ state }) => state === "TIME-WAIT");
}

function leftOf(view: SocketView | undefined): number {
  return view?.timer?.left ?? 0;
}

function refusal({ code, inUse, held, range }: SocketError): string {
  const counts = inUse === undefined ? "" : ` (${inUse} in use, ${held} resting, of ${range?.join("-")})`;
  return `${code}${counts}`;
}

function textOf({ address, port }: Target): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
