/**
 * Conformance vectors as data, schema version 1: suites of cases, each a fresh machine and what happens to it, call by
 * call, with the answer that is expected. Names are those of the files. `docs/conform-ports.md` tells all of it.
 */

/** `OK`, the name of an errno, `ANY`, or `ANY_ERROR`. */
export type Expectation = string;

/** A port, or `$NAME` for one that was saved. */
export type PortValue = number | string;

/** Low and high end, both included. */
export type PortPair = readonly [number, number];

export interface VectorFile {
  readonly schema_version: 1;
  readonly suites: readonly Suite[];
}

export interface Environment {
  readonly sysctl?: Readonly<Record<string, string>>;
  /** Interface and address with prefix length; the interface is made where there is none. */
  readonly addrs?: readonly (readonly [string, string])[];
  readonly ephemeral_range?: PortPair;
  readonly devices?: "auto";
}

interface SuiteOf<Kind extends string, OneCase> {
  readonly id: string;
  /** Whom it describes: `linux`, `linux>=6.3`, `gvisor`; `any` for everybody. */
  readonly models: readonly string[];
  readonly source: string;
  readonly kind: Kind;
  readonly env?: Environment;
  readonly notes?: string;
  readonly cases: readonly OneCase[];
}

/** What every case has. Its name is unique in its suite. */
export interface CaseHead {
  readonly name: string;
  readonly env?: Environment;
  readonly note?: string;
  /** On which systems it was run, and how that went. */
  readonly verified?: Readonly<Record<string, string>>;
}

export interface SockopsCase extends CaseHead {
  readonly ops: readonly Operation[];
}

export interface ReservationCase extends CaseHead {
  readonly ops: readonly ReservationOperation[];
}

export interface DemuxCase extends CaseHead {
  readonly stack_networks?: readonly string[];
  readonly ops: readonly DemuxOperation[];
}

export interface PickCase extends CaseHead {
  readonly range: PortPair;
  readonly tester: Tester;
  readonly expect: Expectation;
  readonly expect_port?: number;
}

/** Which ports suit: none, none with an error, the one, or those below: `"never"`, `{ kind: "equals", port }`, `{ equals: port }`. */
export type Tester =
  | "never"
  | "error"
  | { readonly kind: TesterKind; readonly port?: number }
  | { readonly [Kind in TesterKind]?: number | boolean | string };

export type TesterKind = "never" | "error" | "equals" | "less_than";

export interface PropertyCase extends CaseHead {
  readonly property: string;
}

export interface BindPairCase extends CaseHead {
  readonly table: string;
  readonly first: BindPairSocket;
  readonly second: BindPairSocket;
  readonly expect: Expectation;
}

export interface BindPairSocket {
  readonly opt: "default" | "SO_REUSEADDR" | "SO_EXCLUSIVEADDRUSE";
  readonly addr: "wildcard" | "specific";
}

export type SockopsSuite = SuiteOf<"sockops", SockopsCase>;
export type ReservationSuite = SuiteOf<"reservation", ReservationCase>;
export type DemuxSuite = SuiteOf<"demux", DemuxCase>;
export type PickSuite = SuiteOf<"pick", PickCase>;
export type PropertySuite = SuiteOf<"property", PropertyCase>;
export type BindPairSuite = SuiteOf<"bind_pair", BindPairCase>;

export type Suite = SockopsSuite | ReservationSuite | DemuxSuite | PickSuite | PropertySuite | BindPairSuite;

export type Kind = Suite["kind"];

// Socket calls: kind `sockops`.

export type FamilyName = "inet" | "inet6";
export type TypeName = "stream" | "dgram" | "dccp";
export type ProtocolName = "tcp" | "udp" | "sctp" | "mptcp";

/** IP_LOCAL_PORT_RANGE: `u32` is both ends in one word, as setsockopt(2) takes it. */
export interface RangeValue {
  readonly lo: number;
  readonly hi: number;
  readonly u32: number;
}

/** SO_LINGER. */
export interface LingerValue {
  readonly on: number;
  readonly seconds: number;
}

export interface SocketOperation {
  readonly op: "socket";
  readonly id: string;
  readonly family: FamilyName;
  readonly type: TypeName;
  readonly proto?: ProtocolName;
}

export interface SetOptionOperation {
  readonly op: "setopt";
  readonly id: string;
  readonly opt: string;
  readonly value: number | string | RangeValue | LingerValue;
  /** Default `OK`. */
  readonly expect?: Expectation;
}

/** setsockopt(2) with so many bytes. */
export interface SetRawOptionOperation {
  readonly op: "setopt_raw";
  readonly id: string;
  readonly opt: string;
  readonly size: number;
  readonly value: number;
  readonly expect: Expectation;
}

export interface GetOptionOperation {
  readonly op: "getopt";
  readonly id: string;
  readonly opt: string;
  readonly expect_value: number | { readonly u32: number };
}

/** What a recorder adds to calls that choose a port: the one that was chosen. It is nowhere compared. */
interface Choosing {
  readonly chose?: number;
}

export interface BindOperation extends Choosing {
  readonly op: "bind";
  readonly id: string;
  readonly addr: string;
  readonly port: PortValue;
  readonly expect: Expectation;
  readonly save_port?: string;
}

export interface ListenOperation extends Choosing {
  readonly op: "listen";
  readonly id: string;
  readonly backlog: number;
  readonly expect: Expectation;
}

/** Waits until it is known how the connection goes. */
export interface ConnectOperation extends Choosing {
  readonly op: "connect" | "sendto_fastopen";
  readonly id: string;
  readonly addr: string;
  readonly port: PortValue;
  readonly expect: Expectation;
}

export interface AcceptOperation {
  readonly op: "accept";
  readonly id: string;
  readonly as: string;
}

export interface CloseOperation {
  readonly op: "close";
  readonly id: string;
}

/** connect(2) to AF_UNSPEC. */
export interface DisconnectOperation {
  readonly op: "disconnect";
  readonly id: string;
  readonly expect: Expectation;
}

export interface NameOperation {
  readonly op: "getsockname";
  readonly id: string;
  readonly expect_port?: number;
  readonly expect_port_range?: PortPair;
  readonly expect_addr?: string;
  readonly save_port?: string;
  readonly save_addr?: string;
}

export interface PortSetOperation {
  readonly op: "expect_port_set";
  readonly ids: readonly string[];
  readonly ports: readonly number[];
}

export interface UserOperation {
  readonly op: "seteuid";
  readonly uid: number;
}

/** `body` so often, `$i` in names standing for the turn; `scaled_times` where speed is not the question. */
export interface RepeatOperation {
  readonly op: "repeat";
  readonly times: number;
  readonly scaled_times?: number;
  readonly body: readonly Operation[];
}

/** A datagram or a connection comes: exactly one of the candidates gets it. */
export interface DeliverOperation {
  readonly op: "deliver";
  readonly family: FamilyName;
  readonly type: TypeName;
  readonly from?: readonly [string, PortValue];
  readonly to: readonly [string, PortValue];
  readonly payload_u32_be?: number;
  readonly fastopen?: boolean;
  /** Ours: the CPU that handles it, as SO_INCOMING_CPU counts them; a machine without has no answer. */
  readonly cpu?: number;
  readonly candidates: readonly string[];
  readonly expect_id?: string;
  readonly expect_id_in?: readonly string[];
}

/** So many come, each from a port of its own; all of them get some. */
export interface DeliverManyOperation {
  readonly op: "deliver_many";
  readonly family: FamilyName;
  readonly type: TypeName;
  readonly to: readonly [string, PortValue];
  readonly count: number;
  readonly expect_all_of: readonly string[];
}

export interface SelectorOperation {
  readonly op: "attach_reuseport_selector";
  readonly id: string;
  readonly kind: "cbpf" | "ebpf";
  /** The member's index: of the payload's first word, `... % 16`, or a number. */
  readonly selector: string;
  readonly expect: Expectation;
}

export interface WaitOperation {
  readonly op: "wait_ms";
  readonly ms: number;
}

/** What only a model of a kernel can be asked: nobody is. */
export interface StateOperation {
  readonly op: "expect_state";
}

// Ours, over and above version 1.

/** sendto(2) of a few bytes: the implicit bind of a datagram socket. */
export interface SendOperation extends Choosing {
  readonly op: "sendto";
  readonly id: string;
  readonly addr: string;
  readonly port: PortValue;
  readonly expect: Expectation;
}

/** Of the ports saved under these names, at least so many differ (default: all), and, with `at_most`, no more. */
export interface DistinctOperation {
  readonly op: "expect_distinct";
  readonly ports: readonly string[];
  readonly at_least?: number;
  readonly at_most?: number;
}

/** Power fails: sockets, ports, holds and whatever the machine remembered are gone; its peers are told nothing. */
export interface RestartOperation {
  readonly op: "restart";
}

export type Operation =
  | SocketOperation
  | SetOptionOperation
  | SetRawOptionOperation
  | GetOptionOperation
  | BindOperation
  | ListenOperation
  | ConnectOperation
  | AcceptOperation
  | CloseOperation
  | DisconnectOperation
  | NameOperation
  | PortSetOperation
  | UserOperation
  | RepeatOperation
  | DeliverOperation
  | DeliverManyOperation
  | SelectorOperation
  | WaitOperation
  | StateOperation
  | SendOperation
  | DistinctOperation
  | RestartOperation;

// A bare port manager: kinds `reservation` and `demux`, in gVisor's words.

export type ReservationFlag = "MostRecent" | "LoadBalanced" | "TupleOnly";

export interface ReservationOperation {
  readonly op: "reserve" | "release";
  readonly transport: string;
  readonly networks: readonly string[];
  /** `*` for any. */
  readonly addr: string;
  readonly port: number;
  readonly flags: readonly ReservationFlag[];
  readonly device: number;
  readonly dest: { readonly addr: string; readonly port: number } | null;
  readonly expect?: Expectation;
  readonly expect_port_min?: number;
}

export interface RegisterOperation {
  readonly op: "register";
  readonly networks: readonly string[];
  readonly transport: string;
  readonly id: { readonly local_port?: number };
  readonly flags: readonly ReservationFlag[];
  readonly device: number;
  readonly expect: Expectation;
}

export interface BindEndpointOperation {
  readonly op: "bind_endpoint";
  readonly network: string;
  readonly transport: string;
  readonly addr: string;
  readonly port: PortValue;
  readonly flags: readonly ReservationFlag[];
  readonly device: number;
  readonly expect: Expectation;
}

/** Packets to the endpoints bound so far; each gets about its share. */
export interface InjectOperation {
  readonly op: "inject";
  readonly network: string;
  readonly device: number;
  readonly packets: number;
  readonly distinct_source_ports: number;
  readonly expect_distribution: readonly number[];
  readonly expect_same_source_port_same_endpoint?: boolean;
}

export type DemuxOperation = RegisterOperation | BindEndpointOperation | InjectOperation;
