/**
 * A stack under test on a virtual clock, sockets on one side of it and peers on the other: packetdrill as a TypeScript
 * API. Nothing waits in real time, everything is synchronous, and equal seeds give equal packets.
 */
import { address } from "../base/address.ts";
import type { IpVersion, RunOptions } from "../packetdrill/language/options.ts";
import { resolveOptions } from "../packetdrill/language/options.ts";
import type { ScriptOption } from "../packetdrill/language/script/script.ts";
import { parsePacket } from "../packetdrill/packets/packet-parse.ts";
import { captureOf } from "../packetdrill/run/capture.ts";
import { type HostDevice, hostDevice } from "../packetdrill/run/host-device.ts";
import type { Profile } from "../ports/profile.ts";
import { profileNamed } from "../ports/profiles/register/registry.ts";
import type { Host } from "../stack/host.ts";
import type { SocketType } from "../stack/socket.ts";
import { ExpectationError } from "./failure.ts";
import { History } from "./history.ts";
import { Peer, type Steps } from "./peer.ts";
import { Remote } from "./remote.ts";
import { type SocketWorld, TestSocket } from "./test-socket.ts";
import { microseconds, Timeline } from "./timeline.ts";
import { Trace } from "./trace.ts";
import type { World } from "./world.ts";

export interface TestbedOptions {
  /** All that the stack leaves to chance comes from it. Default: 1. */
  readonly seed?: number | string;
  /** How ports are chosen, shared and held: a profile or its name. Default: Linux's. */
  readonly profile?: Profile | string;
  /** What packets and sockets are; mapped: IPv4 packets, IPv6 sockets. Default: `ipv4`. */
  readonly ipVersion?: IpVersion;
  /** Knobs by Linux's names, `net.ipv4.tcp_sack`. */
  readonly sysctls?: Readonly<Record<string, string | number>>;
  /** Of the link: default 1500. */
  readonly mtu?: number;
  /** The port bind() binds, and the port of the first peer: default 8080. */
  readonly bindPort?: number;
  readonly peerPort?: number;
  /** Addresses of the stack and of the first peer. */
  readonly localAddress?: string;
  readonly peerAddress?: string;
  /** How far a packet may be from its time: so many seconds, or a part of the distance to the step before, 0 to 1. */
  readonly tolerance?: { readonly seconds?: number; readonly part?: number };
}

export interface PeerOptions {
  readonly port?: number;
  /** Default: that of the first peer. */
  readonly address?: string;
  /** The stack's port. Default: learned from what the stack sends, and `bindPort` until then. */
  readonly localPort?: number;
}

export type SocketProtocol = "tcp" | "udp";

const types: Readonly<Record<SocketProtocol, SocketType>> = { tcp: "SOCK_STREAM", udp: "SOCK_DGRAM" };

export class Testbed implements Steps {
  readonly host: Host;
  /** The peer that connect() connects to, and that talks to the port bind() binds. */
  readonly peer: Peer;
  readonly #device: HostDevice;
  readonly #options: RunOptions;
  readonly #world: World;
  readonly #trace = new Trace();
  readonly #history = new History();
  readonly #remotes: Remote[] = [];
  readonly #sockets: SocketWorld;
  #labels = 3;
  #nextPort = 32_768;

  /** @throws RangeError and TypeError for options that are none; SocketError for a knob there is not */
  constructor(options: TestbedOptions = {}) {
    this.#options = runOptions(options);
    const profile = typeof options.profile === "string" ? profileNamed(options.profile) : options.profile;
    const seed = options.seed ?? 1;
    this.#device = hostDevice({ options: this.#options, seed, ...(profile && { profile }) });
    // Segments are easier to talk about than the bursts a device would cut into them.
    this.#device.offload?.("off");
    this.host = this.#device.host;
    // Segments as they are on a wire: one packet each.
    this.#device.offload?.("off");
    for (const [name, value] of Object.entries(options.sysctls ?? {}))
      this.host.sysctl.set(name, String(value));
    this.#writeHeader(options);
    this.#world = this.#makeWorld();
    this.peer = this.addPeer({ port: this.#options.connectPort });
    const { bindPort, localIp } = this.#options;
    this.#sockets = {
      local: { address: this.#socketText(localIp), port: bindPort },
      remote: { address: this.#socketText(this.peer.address), port: this.peer.port },
      label: () => this.#labels++,
      called: (line) => this.#called(line),
    };
  }

  /** Seconds since the beginning. */
  get now(): number {
    return this.#device.now() / 1e6;
  }

  /** A socket of the stack, of the family of the testbed. @throws SocketError */
  socket(protocol: SocketProtocol = "tcp"): TestSocket {
    const domain = this.#options.ipVersion === "ipv4" ? "AF_INET" : "AF_INET6";
    const socket = this.#device.socket(domain, types[protocol], 0);
    const label = this.#labels++;
    const call = `socket(..., ${types[protocol]}|SOCK_NONBLOCK, IPPROTO_${protocol.toUpperCase()})`;
    this.#called(`${call} = ${label}`);
    return new TestSocket(socket, label, this.#sockets);
  }

  /** Another remote program, from a port of its own unless one is given. */
  addPeer(options: PeerOptions = {}): Peer {
    const { localIp, remoteIp, bindPort, ipVersion } = this.#options;
    const remote = new Remote({
      family: ipVersion === "ipv6" ? 6 : 4,
      local: address(localIp),
      address: address(options.address ?? withoutPrefix(remoteIp)),
      ...{ port: options.port ?? this.#nextPort++, localPort: options.localPort, bindPort },
    });
    this.#remotes.push(remote);
    return new Peer(this.#world, remote);
  }

  /** Of the first peer: a packet from the stack, now. */
  get expect(): Steps["expect"] {
    return this.peer.expect;
  }

  /** Of the first peer: a packet to the stack, now. */
  get inject(): Steps["inject"] {
    return this.peer.inject;
  }

  /** Of the first peer: so many seconds from now. */
  after(start: number, end?: number): Steps {
    return this.peer.after(start, end);
  }

  /** Of the first peer: so many seconds after the beginning. */
  at(start: number, end?: number): Steps {
    return this.peer.at(start, end);
  }

  /** Of the first peer: from now on, for so many seconds. */
  within(seconds: number): Pick<Steps, "expect"> {
    return this.peer.within(seconds);
  }

  /** Of the first peer: whenever it comes. */
  get anytime(): Pick<Steps, "expect"> {
    return this.peer.anytime;
  }

  /** Lets so many seconds pass. */
  wait(seconds: number): void {
    const { timeline, pass } = this.#world;
    pass(timeline.now() + microseconds(seconds), () => false);
    timeline.mark();
  }

  /** Lets time pass until `condition` holds. @returns seconds waited. @throws ExpectationError after `limit` seconds */
  until(condition: () => boolean, limit = 600): number {
    const { timeline, pass, fail } = this.#world;
    const begin = timeline.now();
    pass(begin + microseconds(limit), condition);
    timeline.mark();
    if (!condition())
      fail(`what was waited for has not happened in ${limit} s`, String(condition), undefined);
    return (timeline.now() - begin) / 1e6;
  }

  /** What has been done and seen so far, as a script; of a test with one peer it can be run as one. */
  trace(): string {
    return this.#trace.text();
  }

  /** The last packets both ways, as lines with their times. */
  get lastPackets(): readonly string[] {
    return this.#history.lines();
  }

  /** Every packet both ways, from its IP header on, with its time in seconds. */
  get packets(): readonly {
    readonly time: number;
    readonly direction: "inbound" | "outbound";
    readonly bytes: Uint8Array;
  }[] {
    return this.#device.log.map(({ time, direction, bytes }) => ({ time: time / 1e6, direction, bytes }));
  }

  /** Every packet so far as a pcapng file, for Wireshark and its kin. */
  capture(): Uint8Array {
    return captureOf(this.#device.log);
  }

  /** Ends the stack. Not needed: a testbed nobody holds is gone. */
  close(): void {
    this.#device.close();
  }

  #makeWorld(): World {
    const timeline = new Timeline(this.#device, this.#options);
    const settle = (): void => {
      this.#device.settle();
      this.#route();
    };
    return {
      ...{ timeline, settle, trace: this.#trace },
      pass: (until, ready) => {
        timeline.pass(until, () => {
          this.#route();
          return ready();
        });
        this.#route();
      },
      inject: (remote, bytes, line) => {
        this.#trace.did(line, timeline.now());
        this.#history.injected(line, timeline.now(), remote);
        this.#device.inject(bytes);
        settle();
      },
      fail: (mistake, expected, actual) => {
        const packets = this.#history.lines();
        throw new ExpectationError(mistake, { expected, actual, time: this.now, packets });
      },
    };
  }

  /** Hands what the stack has sent to the peers it was sent to. */
  #route(): void {
    const { captured } = this.#device;
    for (const { bytes, time } of captured.splice(0)) {
      const seen = parsePacket(bytes);
      if (typeof seen === "string") {
        this.#history.unreadable(seen, time);
        continue;
      }
      let best: Remote | undefined;
      for (const remote of this.#remotes) if (remote.fits(seen) > (best?.fits(seen) ?? 0)) best = remote;
      if (best === undefined) this.#history.stray(seen, time);
      else this.#history.captured(best.arrive(seen, bytes, time), best);
    }
  }

  #called(line: string): void {
    const { timeline, settle } = this.#world;
    this.#trace.did(line, timeline.now());
    timeline.mark();
    settle();
  }

  #writeHeader({ sysctls = {}, ipVersion }: TestbedOptions): void {
    if (ipVersion !== undefined) this.#trace.header(`--ip_version=${ipVersion}`);
    const set = Object.entries(sysctls).map(([name, value]) => `sysctl -q ${name}="${value}"`);
    if (set.length > 0) this.#trace.header(`\`${set.join("\n")}\``);
  }

  /** As a socket of the testbed's family takes it. */
  #socketText(ip: string): string {
    const text = withoutPrefix(ip);
    return this.#options.ipVersion === "ipv4-mapped-ipv6" ? `::ffff:${text}` : text;
  }
}

function withoutPrefix(ip: string): string {
  return ip.replace(/\/\d+$/, "");
}

/** As a script would have them. @throws RangeError */
function runOptions(options: TestbedOptions): RunOptions {
  const { tolerance = {} } = options;
  const written: Record<string, string | number | undefined> = {
    ...{ ip_version: options.ipVersion, mtu: options.mtu, bind_port: options.bindPort },
    ...{ connect_port: options.peerPort, local_ip: options.localAddress, remote_ip: options.peerAddress },
    tolerance_usecs: tolerance.seconds === undefined ? undefined : microseconds(tolerance.seconds),
    tolerance_percent: tolerance.part === undefined ? undefined : tolerance.part * 100,
  };
  const list = Object.entries(written).flatMap(([name, value]): ScriptOption[] =>
    value === undefined ? [] : [{ at: 0, name, value: String(value) }],
  );
  const { options: resolved, errors } = resolveOptions("google", "Linux", list);
  if (errors[0] !== undefined) throw new RangeError(errors[0].message);
  return resolved;
}

/** A new testbed: a host of its own, nothing sent yet, time 0. */
export function testbed(options: TestbedOptions = {}): Testbed {
  return new Testbed(options);
}
