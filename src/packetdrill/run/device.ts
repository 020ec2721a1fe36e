/** What a script is run against: a stack that takes packets and calls, and gives packets. */
import type { Socket, SocketDomain, SocketType } from "../../stack/socket.ts";
import type { CallContext } from "../calls/call-context.ts";
import type { PreparedCall } from "../calls/call-result.ts";
import type { Call, Microseconds, Platform } from "../language/script/script.ts";
import type { CommandOutcome } from "./commands.ts";

/** A packet the stack sent, from its IP header on, and when. */
export interface CapturedPacket {
  readonly time: Microseconds;
  readonly bytes: Uint8Array;
}

/** A packet of the run, for people. */
export interface LoggedPacket extends CapturedPacket {
  readonly direction: "inbound" | "outbound";
}

export interface Device {
  /** Whose constants its errors and options have. */
  readonly platform: Platform;
  /** Packets sent by the stack that nobody has taken yet, in order. */
  readonly captured: CapturedPacket[];
  /** Every packet both ways, in order. */
  readonly log: readonly LoggedPacket[];
  /** Microseconds since the script began. */
  now(): Microseconds;
  /** The IP packet arrives at the stack. */
  inject(packet: Uint8Array): void;
  /** Does everything that is due at this instant. */
  settle(): void;
  /** socket(2). @throws SocketError */
  socket(domain: SocketDomain, type: SocketType, protocol: number): Socket;
  /** Calls `ring` at `time`; the function returned forgets it. */
  alarm(time: Microseconds, ring: () => void): () => void;
  /** Writes a knob by Linux's name. @throws SocketError ENOENT for one it does not have, EINVAL for a bad value. */
  sysctl(name: string, value: string): void;
  /**
   * What the machine tells of itself: the file of that name, or "nstat", a line for each counter that is not 0. Absent
   * where there is no such thing. @throws SocketError ENOENT
   */
  report?(name: string): string;
  /** Whether the device cuts packets of up to 64 KiB into segments itself (TSO); absent where nothing can be done. */
  offload?(segmentation: "on" | "off"): void;
  close(): void;
  /** The script begins now: its time 0, where commands before it took time. */
  begin?(): void;
  /** Makes system calls its own way, instead of by its sockets. */
  prepareCall?(call: Call, context: CallContext): PreparedCall;
  /** Runs a command truly, instead of doing what it would. */
  runCommand?(text: string): CommandOutcome;
  /** What code blocks can know of a socket, instead of its TCP_INFO alone. */
  codeVariables?(socket: Socket): Readonly<Record<string, number>>;
}

/** A device in real time. */
export interface RealDevice extends Device {
  /** Returns when something happened, or at `until`. What had happened by then is captured. */
  wait(until: Microseconds): void;
}

/** A device whose time passes when it is told to. */
export interface VirtualDevice extends Device {
  /** When something will happen by itself; Infinity: nothing will. */
  next(): Microseconds;
  /** Lets time pass up to and including `time`. */
  advanceTo(time: Microseconds): void;
}
