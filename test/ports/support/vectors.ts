/** The port vectors' schema, version 1: histories of socket calls with the answers a kernel gave. */

export interface VectorFile {
  readonly suites: readonly Suite[];
}

export interface Environment {
  readonly sysctl?: Readonly<Record<string, string>>;
  /** Device and address with prefix length. */
  readonly addrs?: readonly (readonly [string, string])[];
}

export interface Suite {
  readonly id: string;
  readonly kind: string;
  readonly env?: Environment;
  readonly cases: readonly Case[];
}

export interface Case {
  readonly name: string;
  readonly env?: Environment;
  readonly ops: readonly Operation[];
  readonly verified?: Readonly<Record<string, string>>;
}

export interface Operation {
  readonly op: string;
  readonly id?: string;
  readonly as?: string;
  readonly ids?: readonly string[];
  readonly family?: "inet" | "inet6";
  readonly type?: "stream" | "dgram" | "dccp";
  readonly proto?: string;
  readonly opt?: string;
  readonly value?: number | string | { readonly lo: number; readonly hi: number; readonly u32: number };
  readonly size?: number;
  readonly addr?: string;
  readonly port?: number | string;
  readonly ports?: readonly number[];
  readonly backlog?: number;
  readonly uid?: number;
  readonly ms?: number;
  readonly scaled_times?: number;
  readonly body?: readonly Operation[];
  readonly from?: readonly [string, number];
  readonly to?: readonly [string, number | string];
  readonly candidates?: readonly string[];
  readonly save_port?: string;
  readonly save_addr?: string;
  readonly expect?: string;
  readonly expect_port?: number;
  readonly expect_addr?: string;
  readonly expect_port_range?: readonly [number, number];
  readonly expect_value?: { readonly u32: number };
  readonly expect_id?: string;
  readonly expect_id_in?: readonly string[];
}
