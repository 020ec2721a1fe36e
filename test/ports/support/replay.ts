/** Replays one case of the vectors on a {@link TestKernel}; says what first went otherwise. */
import { address, formatAddress, isV4 } from "../../../src/base/address.ts";
import { TestKernel, type TestSocket } from "./kernel.ts";
import type { Case, Operation, Suite } from "./vectors.ts";

class Mismatch extends Error {}
/** What the test kernel does not have: DCCP, BPF. */
export class Unsupported extends Error {}

/** Undefined where every answer was as expected. @throws Unsupported */
export function replay(suite: Suite, { name, env, ops }: Case, seed: string): string | undefined {
  const sysctl = { ...suite.env?.sysctl, ...env?.sysctl };
  const addresses = [...(suite.env?.addrs ?? []), ...(env?.addrs ?? [])];
  const replayer = new Replayer(new TestKernel(`${suite.id} ${name} ${seed}`, sysctl, addresses));
  try {
    replayer.run(ops, 0);
    return undefined;
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    return error.message;
  }
}

class Replayer {
  readonly #kernel: TestKernel;
  readonly #sockets = new Map<string, TestSocket>();
  readonly #saved = new Map<string, number | string>();

  constructor(kernel: TestKernel) {
    this.#kernel = kernel;
  }

  run(ops: readonly Operation[], turn: number): void {
    for (const [at, op] of ops.entries()) {
      try {
        this.#do(op, turn);
      } catch (error) {
        if (error instanceof Mismatch) throw new Mismatch(`op ${at} ${JSON.stringify(op)}: ${error.message}`);
        throw error;
      }
    }
  }

  #do(op: Operation, turn: number): void {
    const id = op.id?.replace("$i", String(turn)) ?? "";
    const kernel = this.#kernel;
    if (op.op === "socket") {
      if (op.type === "dccp") throw new Unsupported("DCCP");
      const stream = op.proto === "sctp" ? "sctp" : "tcp"; // MPTCP's ports are TCP's
      this.#sockets.set(
        id,
        kernel.socket(op.family === "inet" ? 4 : 6, op.type === "stream" ? stream : "udp"),
      );
      return;
    }
    if (op.op === "seteuid") kernel.uid = op.uid!;
    else if (op.op === "wait_ms") this.#wait(op.ms!);
    else if (op.op === "repeat") for (let i = 0; i < op.scaled_times!; i++) this.run(op.body!, i);
    else if (op.op === "expect_port_set") this.#expectPorts(op);
    else if (op.op === "deliver") this.#deliver(op);
    else this.#call(op, this.#sockets.get(id)!);
  }

  #call(op: Operation, socket: TestSocket): void {
    const kernel = this.#kernel;
    switch (op.op) {
      case "setopt":
      case "setopt_raw":
        check(this.#setOption(op, socket), op.expect ?? "OK");
        break;
      case "getopt": {
        const [low, high] = socket.portRange ?? [0, 0];
        check(String(((high << 16) | low) >>> 0), String(op.expect_value!.u32));
        break;
      }
      case "bind":
        check(kernel.bind(socket, this.#address(op.addr!, socket), this.#port(op.port!)), op.expect!);
        if (op.save_port !== undefined) this.#saved.set(op.save_port, socket.port);
        break;
      case "listen":
        check(kernel.listen(socket), op.expect!);
        break;
      case "connect":
      case "sendto_fastopen":
        check(kernel.connect(socket, this.#address(op.addr!, socket), this.#port(op.port!)), op.expect!);
        break;
      case "disconnect":
        check(kernel.disconnect(socket), op.expect!);
        break;
      case "accept":
        this.#sockets.set(op.as!, kernel.accept(socket));
        break;
      case "close":
        kernel.close(socket);
        break;
      case "getsockname":
        this.#getName(op, socket);
        break;
      default:
        throw new Unsupported(op.op);
    }
  }

  #setOption({ opt, value, size }: Operation, socket: TestSocket): string {
    if (opt === "SO_REUSEADDR") socket.reuseAddress = value !== 0;
    else if (opt === "SO_REUSEPORT") socket.reusePort = value !== 0;
    else if (opt === "IPV6_V6ONLY") socket.v6Only = value !== 0;
    else if (opt === "IP_BIND_ADDRESS_NO_PORT") socket.bindNoPort = value !== 0;
    else if (opt === "SO_BINDTODEVICE") socket.device = this.#kernel.device(value as string);
    else if (opt === "IP_LOCAL_PORT_RANGE") {
      if (size !== undefined && size !== 4) return "EINVAL";
      const word = typeof value === "object" ? value.u32 : (value as number);
      const [low, high] = [word & 0xffff, word >>> 16];
      if (low !== 0 && high !== 0 && low > high) return "EINVAL";
      socket.portRange = [low, high];
    } else throw new Unsupported(opt);
    this.#kernel.optionsChanged(socket);
    return "OK";
  }

  #getName(op: Operation, socket: TestSocket): void {
    if (op.save_port !== undefined) this.#saved.set(op.save_port, socket.port);
    if (op.expect_port !== undefined) check(String(socket.port), String(op.expect_port));
    const local = socket.binding?.address ?? socket.address;
    if (op.expect_addr !== undefined) check(formatAddress(local), op.expect_addr);
    if (op.save_addr !== undefined) this.#saved.set(op.save_addr, formatAddress(local));
    if (op.expect_port_range !== undefined) {
      const [low, high] = op.expect_port_range;
      if (socket.port < low || socket.port > high) throw new Mismatch(`port ${socket.port}`);
    }
  }

  #expectPorts({ ids, ports }: Operation): void {
    const got = ids!.map((id) => this.#sockets.get(id)!.port).sort((a, b) => a - b);
    check(got.join(), [...ports!].sort((a, b) => a - b).join());
  }

  /** A datagram or a connection arrives, from a socket made for it. */
  #deliver(op: Operation): void {
    const kernel = this.#kernel;
    const protocol = op.type === "dgram" ? "udp" : "tcp";
    const sender = kernel.socket(op.family === "inet" ? 4 : 6, protocol);
    sender.reuseAddress = true;
    sender.reusePort = true;
    if (op.from !== undefined)
      check(kernel.bind(sender, this.#address(op.from[0], sender), op.from[1]), "OK");
    const to = this.#address(op.to![0], sender);
    const port = this.#port(op.to![1]);
    check(kernel.connect(sender, to, port), "OK");
    const local = sender.binding!;
    const received =
      protocol === "udp"
        ? kernel.manager.demultiplex(
            "udp",
            local.remote!.address,
            port,
            local.address,
            local.port,
            kernel.deviceOf(local.remote!.address),
          )?.owner
        : [...this.#sockets.values()].find((socket) => socket.queue.some((child) => child.peer === sender));
    const wanted = op.expect_id === undefined ? op.expect_id_in! : [op.expect_id];
    const got = op.candidates!.filter((id) => this.#sockets.get(id) === received);
    if (got.length !== 1 || !wanted.includes(got[0]!))
      throw new Mismatch(`received by ${got.join() || "nobody"}`);
    kernel.close(sender);
  }

  #wait(ms: number): void {
    this.#kernel.now += ms;
    this.#kernel.manager.expire(this.#kernel.now);
  }

  #address(text: string, socket: TestSocket): ReturnType<typeof address> {
    const saved = text.startsWith("$") ? (this.#saved.get(text.slice(1)) as string) : text;
    const parsed = address(saved);
    return socket.domain === 4 && !isV4(parsed) ? address(saved.replace("::ffff:", "")) : parsed;
  }

  #port(port: number | string): number {
    return typeof port === "string" ? (this.#saved.get(port.slice(1)) as number) : port;
  }
}

function check(got: string, expected: string): void {
  if (expected === "ANY" || (expected === "ANY_ERROR" && got !== "OK")) return;
  if (got !== expected) throw new Mismatch(`got ${got}`);
}
