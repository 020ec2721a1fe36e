/** Cases of kind `sockops`: a history of socket calls, each with the answer expected. */
import type { Socket, SocketAddress } from "../stack/socket.ts";
import { type Answer, answerOf, connectAnswer, fastOpenAnswer, meets } from "./calls.ts";
import { type DeviceUnderTest, MismatchError, NotApplicableError } from "./device.ts";
import { domainOf, protocolOf, typeOf } from "./names.ts";
import { optionValue, rawValue, selectorValue } from "./option-values.ts";
import type {
  DeliverManyOperation,
  DeliverOperation,
  DistinctOperation,
  GetOptionOperation,
  NameOperation,
  Operation,
  PortSetOperation,
  PortValue,
  RepeatOperation,
  SelectorOperation,
  SetOptionOperation,
  SocketOperation,
} from "./schema.ts";

/** Does what the operations say. @throws MismatchError at the first other answer; NotApplicableError */
export function runSockops(device: DeviceUnderTest, ops: readonly Operation[]): void {
  new Player(device).run(ops, undefined);
}

type Players = {
  readonly [Name in Operation["op"]]: (op: Extract<Operation, { readonly op: Name }>) => void;
};

class Player {
  readonly #device: DeviceUnderTest;
  readonly #sockets = new Map<string, Socket>();
  readonly #saved = new Map<string, string | number>();
  /** What `$i` stands for. */
  #turn: number | undefined;

  constructor(device: DeviceUnderTest) {
    this.#device = device;
  }

  run(ops: readonly Operation[], turn: number | undefined): void {
    for (const [at, op] of ops.entries()) {
      this.#turn = turn;
      this.#device.foresee?.("chose" in op ? op.chose : undefined);
      try {
        (this.#players[op.op] as (op: Operation) => void)(op);
        this.#device.settle(alreadyEnough);
      } catch (error) {
        if (!(error instanceof MismatchError)) throw error;
        throw new MismatchError(
          `${turn === undefined ? "" : `turn ${turn}, `}op ${at} ${told(op)}: ${error.message}`,
        );
      }
    }
  }

  readonly #players: Players = {
    socket: (op) => this.#open(op),
    setopt: (op) => this.#setOption(op),
    setopt_raw: ({ id, opt, size, value, expect }) =>
      check(
        answerOf(() => this.#socket(id).setOption(opt, rawValue(value, size))),
        expect,
      ),
    getopt: (op) => this.#getOption(op),
    bind: ({ id, addr, port, expect, save_port }) => {
      const socket = this.#socket(id);
      check(
        answerOf(() => socket.bind(this.#to(socket, addr, port))),
        expect,
      );
      if (save_port !== undefined) this.#save(save_port, socket.localEndpoint().port);
    },
    listen: ({ id, backlog, expect }) =>
      check(
        answerOf(() => this.#socket(id).listen(backlog)),
        expect,
      ),
    connect: ({ id, addr, port, expect }) => {
      const socket = this.#socket(id);
      check(connectAnswer(this.#device, socket, this.#to(socket, addr, port)), expect);
    },
    sendto_fastopen: ({ id, addr, port, expect }) => {
      const socket = this.#socket(id);
      check(fastOpenAnswer(this.#device, socket, this.#to(socket, addr, port)), expect);
    },
    sendto: ({ id, addr, port, expect }) => {
      const socket = this.#socket(id);
      const to = this.#to(socket, addr, port);
      check(
        answerOf(() => socket.sendTo(Uint8Array.of(1), to)),
        expect,
      );
    },
    accept: ({ id, as }) => this.#accept(id, as),
    close: ({ id }) => this.#socket(id).close(),
    disconnect: ({ id, expect }) =>
      check(
        answerOf(() => this.#socket(id).connect(undefined)),
        expect,
      ),
    getsockname: (op) => this.#nameOf(op),
    expect_port_set: (op) => this.#portSet(op),
    expect_distinct: (op) => this.#distinct(op),
    seteuid: ({ uid }) => this.#device.becomeUser(uid),
    repeat: (op) => this.#repeat(op),
    deliver: (op) => this.#deliver(op),
    deliver_many: (op) => this.#deliverMany(op),
    attach_reuseport_selector: (op) => this.#select(op),
    wait_ms: ({ ms }) => this.#device.wait(ms),
    restart: () => {
      this.#sockets.clear();
      this.#device.restart();
    },
    expect_state: () => {},
  };

  // Sockets and their options.

  #open({ id, family, type, proto }: SocketOperation): void {
    const protocol = protocolOf(proto);
    const socketType = typeOf(type);
    const refused = answerOf(() => {
      this.#sockets.set(this.#name(id), this.#device.socket(domainOf(family), socketType, protocol));
    });
    if (refused !== "OK") throw new NotApplicableError(`no ${proto ?? type} sockets: ${refused}`);
  }

  #setOption({ id, opt, value, expect = "OK" }: SetOptionOperation): void {
    if (opt === "SO_BINDTODEVICE" && value !== "") this.#device.needInterface(String(value));
    check(
      answerOf(() => this.#socket(id).setOption(opt, optionValue(value))),
      expect,
    );
  }

  #getOption({ id, opt, expect_value }: GetOptionOperation): void {
    const wanted = typeof expect_value === "number" ? expect_value : expect_value.u32;
    const got = Number(this.#socket(id).getOption(opt));
    if (got >>> 0 !== wanted >>> 0) throw new MismatchError(`is ${got}`);
  }

  #select({ id, kind, selector, expect }: SelectorOperation): void {
    const option = kind === "cbpf" ? "SO_ATTACH_REUSEPORT_CBPF" : "SO_ATTACH_REUSEPORT_EBPF";
    const program = selectorValue(selector);
    const value = this.#device.selector?.(program) ?? program;
    const answer = answerOf(() => this.#socket(id).setOption(option, value));
    if (answer === "ENOPROTOOPT") throw new NotApplicableError(`no ${option}`);
    check(answer, expect);
  }

  #accept(id: string, as: string): void {
    const listener = this.#socket(id);
    this.#device.settle(() => listener.poll().readable);
    check(
      answerOf(() => {
        this.#sockets.set(this.#name(as), listener.accept());
      }),
      "OK",
    );
  }

  // What sockets say of themselves.

  #nameOf(op: NameOperation): void {
    const { address, port } = this.#socket(op.id).localEndpoint();
    if (op.save_port !== undefined) this.#save(op.save_port, port);
    if (op.save_addr !== undefined) this.#save(op.save_addr, address);
    if (op.expect_port !== undefined && port !== op.expect_port)
      throw new MismatchError(`the port is ${port}`);
    if (op.expect_addr !== undefined && address !== op.expect_addr)
      throw new MismatchError(`the address is ${address}`);
    const [low, high] = op.expect_port_range ?? [port, port];
    if (port < low || port > high) throw new MismatchError(`the port is ${port}`);
  }

  #portSet({ ids, ports }: PortSetOperation): void {
    const got = ids.map((id) => this.#socket(id).localEndpoint().port).sort(byNumber);
    const wanted = [...ports].sort(byNumber);
    if (got.join() !== wanted.join()) throw new MismatchError(`the ports are ${got.join(", ")}`);
  }

  #distinct({ ports, at_least = ports.length, at_most = ports.length }: DistinctOperation): void {
    const got = ports.map((name) => this.#value(`$${name}`));
    const { size } = new Set(got);
    if (size < at_least || size > at_most)
      throw new MismatchError(`${size} different ports: ${got.join(", ")}`);
  }

  #repeat({ times, scaled_times = times, body }: RepeatOperation): void {
    for (let turn = 0; turn < scaled_times; turn++) this.run(body, turn);
  }

  // Who receives.

  #deliver(op: DeliverOperation): void {
    if (op.cpu !== undefined) this.#handleOn(op.cpu);
    const sender = this.#send(op);
    const got = this.#receivers(op.candidates, op.type);
    sender.close();
    const wanted = op.expect_id === undefined ? (op.expect_id_in ?? []) : [op.expect_id];
    if (got.length !== 1 || !wanted.includes(got[0]!))
      throw new MismatchError(`received by ${got.join(", ") || "nobody"}`);
  }

  #handleOn(cpu: number): void {
    const answer = answerOf(() => this.#device.handleOn?.(cpu));
    if (answer !== "OK" || this.#device.handleOn === undefined) throw new NotApplicableError(`no CPU ${cpu}`);
  }

  #deliverMany(op: DeliverManyOperation): void {
    const seen = new Set<string>();
    for (let sent = 0; sent < op.count; sent++) {
      const sender = this.#send(op);
      for (const id of this.#receivers(op.expect_all_of, op.type)) seen.add(id);
      sender.close();
    }
    const left = op.expect_all_of.filter((id) => !seen.has(id));
    if (left.length > 0) throw new MismatchError(`none received by ${left.join(", ")}`);
  }

  /** A socket made for it sends a datagram, or connects. */
  #send(op: DeliverOperation | DeliverManyOperation): Socket {
    const sender = this.#device.socket(domainOf(op.family), typeOf(op.type), 0);
    if (op.op === "deliver" && op.from !== undefined) {
      for (const option of ["SO_REUSEPORT", "SO_REUSEADDR"]) sender.setOption(option, 1);
      const from = this.#to(sender, ...op.from);
      check(
        answerOf(() => sender.bind(from)),
        "OK",
      );
    }
    const to = this.#to(sender, ...op.to);
    const payload = rawValue((op.op === "deliver" && op.payload_u32_be) || 0, 4).reverse();
    if (op.type === "dgram") sender.sendTo(payload, to);
    else if (op.op === "deliver" && op.fastopen) {
      const answer = answerOf(() => this.#device.fastOpen(sender, payload, String(to.address), to.port));
      // Without a cookie yet, a SYN alone is on its way.
      if (answer !== "EINPROGRESS") check(answer, "OK");
    } else check(connectAnswer(this.#device, sender, to), "OK");
    return sender;
  }

  /** Which of them got something; it is taken from them. */
  #receivers(ids: readonly string[], type: string): string[] {
    const ready = (id: string): boolean => this.#socket(id).poll().readable;
    this.#device.settle(() => ids.some(ready));
    const got = ids.filter(ready);
    for (const id of got)
      if (type === "dgram") this.#socket(id).recv(new Uint8Array(16));
      else this.#socket(id).accept().close();
    return got;
  }

  // Names.

  #socket(id: string): Socket {
    const socket = this.#sockets.get(this.#name(id));
    if (socket === undefined) throw new MismatchError(`no socket ${this.#name(id)}`);
    return socket;
  }

  #name(text: string): string {
    return this.#turn === undefined ? text : text.replace("$i", String(this.#turn));
  }

  #save(name: string, value: string | number): void {
    this.#saved.set(this.#name(name), value);
  }

  #value(name: string): string | number {
    const value = this.#saved.get(this.#name(name.slice(1)));
    if (value === undefined) throw new MismatchError(`nothing saved as ${name}`);
    return value;
  }

  /** As the socket's family spells it: vectors leave that to whoever makes the call. */
  #to({ domain }: Socket, addr: string, port: PortValue): SocketAddress {
    const text = addr.startsWith("$") ? String(this.#value(addr)) : addr;
    const number = typeof port === "string" ? Number(this.#value(port)) : port;
    if (domain === "AF_INET") return { address: text.replace(/^::ffff:/, ""), port: number };
    return { address: text.includes(":") ? text : `::ffff:${text}`, port: number };
  }
}

const alreadyEnough = (): boolean => true;

function check(answer: Answer, expected: string): void {
  if (!meets(answer, expected)) throw new MismatchError(`${answer}, not ${expected}`);
}

function byNumber(a: number, b: number): number {
  return a - b;
}

/** The operation on one line, without what it expects. */
function told(op: Operation): string {
  const { op: name, ...rest } = op;
  const words = Object.entries(rest)
    .filter(([field]) => !field.startsWith("expect") && field !== "body")
    .map(([field, value]) => `${field}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  return [name, ...words].join(" ");
}
