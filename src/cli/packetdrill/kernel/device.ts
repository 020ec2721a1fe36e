/**
 * The kernel as the device under test: a private network of it behind a TUN interface, in real time. Nothing here waits
 * for the event loop: the thread sleeps until a packet or the end of a blocking call, or until the next event is due.
 */
import type { KernelCalls } from "../../../node/kernel-sockets/kernel-sockets-native.ts";
import type { BlockingCaller } from "../../../node/system/blocking.ts";
import type { SystemCalls } from "../../../node/system/calls.ts";
import { virtioHeaderLength } from "../../../node/tun/virtio.ts";
import type { RunOptions } from "../../../packetdrill/language/options.ts";
import type { Microseconds } from "../../../packetdrill/language/script/script.ts";
import type { CapturedPacket, LoggedPacket, RealDevice } from "../../../packetdrill/run/device.ts";
import { fail, unsupported } from "../../../packetdrill/run/failure.ts";
import type { Socket } from "../../../stack/socket.ts";
import { type CallTable, callTable } from "./calls.ts";
import { type SocketMaker, socketMaker } from "./calls-sockets.ts";
import { injected } from "./inject.ts";
import { type Machine, openMachine } from "./machine.ts";
import { viewOf, words } from "./memory.ts";
import type { Shell } from "./shell.ts";
import { memoryInfoOf, tcpInfoLength, tcpInfoOf } from "./tcp-info.ts";

export interface KernelDeviceSettings {
  readonly calls: SystemCalls;
  readonly sockets: KernelCalls;
  readonly blocking: BlockingCaller;
  readonly shell: Shell;
  /** Of the script. */
  readonly folder: string;
}

const [clockRealtime, clockRealtimeCoarse] = [0, 5];
/** The real tool begins so long behind a tick of the kernel's timer. */
const behindTick: Microseconds = 250;
const [solSocket, soMemoryInformation, solTcp, tcpInformation] = [1, 55, 6, 11];
const pollIn = 0x1;
const shutBoth = 2;
/** So long a call that still blocks may take to end after everything was closed, in milliseconds. */
const farewell = 500;

export class KernelDevice implements RealDevice {
  readonly platform = "Linux";
  readonly captured: CapturedPacket[] = [];
  readonly log: LoggedPacket[] = [];
  readonly #settings: KernelDeviceSettings;
  readonly #options: RunOptions;
  readonly #machine: Machine;
  readonly #table: CallTable;
  readonly #scratch = new Uint8Array(virtioHeaderLength + 40 + 65_535);
  readonly #clockMemory = new Uint8Array(16);
  readonly #descriptors = new WeakMap<Socket, number>();
  #stirred: () => void = () => undefined;
  #zero: Microseconds;

  /** @throws LinkUnavailableError where this process may not */
  constructor(settings: KernelDeviceSettings, options: RunOptions) {
    const { calls, sockets, blocking, shell, folder } = settings;
    this.#settings = settings;
    this.#options = options;
    const make = socketMaker(sockets);
    const makeSocket: SocketMaker = (fd, live) => {
      const socket = make(fd, live);
      this.#descriptors.set(socket, fd);
      return socket;
    };
    this.#table = callTable({ calls, blocking, makeSocket, folder, zero: () => this.#zero });
    this.#machine = openMachine(calls, options, (command) => {
      const { status, output } = shell.run(command);
      if (status !== 0) throw new Error(`${command}: ${output}`);
    });
    this.#zero = this.#clock(clockRealtime);
  }

  now(): Microseconds {
    return Math.round(this.#clock(clockRealtime) - this.#zero);
  }

  begin(): void {
    this.settle();
    this.captured.length = 0;
    const before = this.#clock(clockRealtimeCoarse);
    while (this.#clock(clockRealtimeCoarse) === before);
    const start = this.#clock(clockRealtime) + behindTick;
    while (this.#clock(clockRealtime) < start);
    this.#zero = this.#clock(clockRealtime);
  }

  inject(packet: Uint8Array): void {
    this.log.push({ time: this.now(), bytes: packet.slice(), direction: "inbound" });
    const bytes = injected(packet, this.#options.mss);
    const { calls } = this.#settings;
    const { native } = calls;
    if (native.write(this.#machine.tun, bytes, bytes.length) !== bytes.length)
      fail(`the kernel does not take the packet: ${native.errnoName()}`);
  }

  /** Takes what the kernel has sent so far. */
  settle(): void {
    const { tap, tun } = this.#machine;
    for (let packet = tap.next(); packet !== undefined; packet = tap.next()) {
      const captured = { time: Math.round(packet.time - this.#zero), bytes: packet.bytes };
      this.captured.push(captured);
      this.log.push({ ...captured, direction: "outbound" });
    }
    const { native } = this.#settings.calls;
    while (native.read(tun, this.#scratch, this.#scratch.length) > 0);
  }

  wait(until: Microseconds): void {
    const { calls, blocking } = this.#settings;
    const left = Math.max(0, until - this.now());
    const descriptors = words(this.#machine.tap.fd, pollIn, blocking.bell, pollIn);
    const timeout = new Uint8Array(16);
    viewOf(timeout).setBigInt64(0, BigInt(Math.floor(left / 1e6)), true);
    viewOf(timeout).setBigInt64(8, BigInt(Math.round((left % 1e6) * 1e3)), true);
    calls.invoke("ppoll", calls.address(descriptors), 2, calls.address(timeout), 0);
    this.settle();
    if (blocking.done) this.#stirred();
  }

  prepareCall: NonNullable<RealDevice["prepareCall"]> = (call, context) => {
    this.#stirred = context.stirred;
    return this.#table.prepare(call, context);
  };

  runCommand(text: string): { status: number; duration: Microseconds } {
    return { status: this.#settings.shell.run(text).status, duration: 0 };
  }

  codeVariables(socket: Socket): Record<string, number> {
    const { calls } = this.#settings;
    const fd = this.#descriptors.get(socket) ?? fail("can't find a socket to get TCP info of");
    const ask = (level: number, option: number, bytes: Uint8Array): number => {
      const length = words(bytes.length);
      const { value } = calls.invoke(
        "getsockopt",
        fd,
        level,
        option,
        calls.address(bytes),
        calls.address(length),
      );
      return value < 0 ? fail("can't get TCP info") : viewOf(length).getUint32(0, true);
    };
    const [info, memory] = [new Uint8Array(tcpInfoLength), new Uint8Array(36)];
    const length = ask(solTcp, tcpInformation, info);
    ask(solSocket, soMemoryInformation, memory);
    return { ...tcpInfoOf(info, length), ...memoryInfoOf(memory) };
  }

  socket(): never {
    return unsupported("sockets but by system calls");
  }

  alarm(): never {
    return unsupported("alarms in real time");
  }

  sysctl(name: string, value: string): void {
    this.#settings.shell.run(`sysctl -q -w ${name}="${value}"`);
  }

  /** Every connection ends, and so does a call that still waits for one. */
  close(): void {
    const { calls, blocking, shell } = this.#settings;
    const { open } = this.#table;
    for (const { fd } of open) calls.invoke("shutdown", fd, shutBoth);
    for (const { fd } of open) calls.invoke("close", fd);
    if (!blocking.idle && blocking.awaitEnd(farewell)) blocking.take();
    this.#machine.close();
    shell.close();
  }

  #clock(which: number): Microseconds {
    const { calls } = this.#settings;
    calls.invoke("clock_gettime", which, calls.address(this.#clockMemory));
    const view = viewOf(this.#clockMemory);
    return Number(view.getBigInt64(0, true)) * 1e6 + Number(view.getBigInt64(8, true)) / 1e3;
  }
}
