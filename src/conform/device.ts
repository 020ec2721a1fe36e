/** What is tested: a machine of which one asks nothing but POSIX socket calls. */
import type { Profile } from "../ports/profile.ts";
import type { Socket, SocketDomain, SocketType } from "../stack/socket.ts";
import type { SelectorProgram } from "./option-values.ts";

/** How a machine is set up before the first call. */
export interface DeviceSetup {
  readonly sysctl: Readonly<Record<string, string>>;
  /** Interface and address with prefix length. */
  readonly addresses: readonly (readonly [string, string])[];
  /** Where ports are chosen from, whatever knob that is; left out: the system's own. */
  readonly range?: readonly [number, number] | undefined;
  /** TCP Fast Open is used, by clients and by servers (RFC 7413). */
  readonly fastOpen?: boolean | undefined;
}

/** One machine, fresh: nobody holds a port. Its sockets never block; what would is EAGAIN or EINPROGRESS. */
export interface DeviceUnderTest {
  /** @throws an error with the errno's name as its `code`, as do all calls of the socket */
  socket(domain: SocketDomain, type: SocketType, protocol: number): Socket;
  /** Makes sure there is an interface of this name. */
  needInterface(name: string): void;
  /** seteuid(2): who makes the calls from now on, and to whom new sockets belong. */
  becomeUser(uid: number): void;
  /** Lets what was sent arrive, until `enough` holds or nothing more is to come (for a real machine: for a while). */
  settle(enough: () => boolean): void;
  /** Lets time pass. */
  wait(milliseconds: number): void;
  /** sendto(2) with MSG_FASTOPEN. @throws EINPROGRESS as connect(2) */
  fastOpen(socket: Socket, data: Uint8Array, address: string, port: number): void;
  /** Which CPU handles what is sent from now on. @throws an error where the machine has no such CPU */
  handleOn?(cpu: number): void;
  /** What SO_ATTACH_REUSEPORT_CBPF is given for a program, where that is not the program itself. */
  selector?(program: SelectorProgram): unknown;
  /** Told before each call which port it chose where its answer was recorded: chance may be made to repeat itself. */
  foresee?(port: number | undefined): void;
  /** Power fails and comes back: the same set-up, and nothing else of what was. */
  restart(): void;
  close(): void;
}

/** Where machines come from. */
export interface TestBench {
  readonly name: "self" | "kernel";
  /** Why a suite about `models` (`linux>=6.3`, `gvisor`, `any`) cannot be run here, if so. */
  refuses(models: readonly string[]): string | undefined;
  /** A machine for one case. `seed` is what its chance comes from, where that can be had. */
  open(setup: DeviceSetup, models: readonly string[], seed: string): DeviceUnderTest;
  /** What decides about ports here, where it can be asked without sockets. */
  profile?(models: readonly string[]): Profile;
  /** Whether an error says that there is no machine to ask, and not what it answered. */
  isAbsence(error: unknown): boolean;
}

/** A case that has no meaning for the machine: skipped, with this as the reason. */
export class NotApplicableError extends Error {
  override readonly name = "NotApplicableError";
}

/** An answer was not as expected. */
export class MismatchError extends Error {
  override readonly name = "MismatchError";
}
