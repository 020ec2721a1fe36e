/** ICMP types and codes by the names scripts give them, for each IP version (RFC 792, 950, 1812; RFC 4443). */

export type IpFamily = 4 | 6;

interface IcmpType {
  readonly number: number;
  /** Names of codes. */
  readonly codes: Readonly<Record<string, number>>;
}

const noCodes = {};

/** RFC 1812, section 5.2.7.1, in the order of their numbers. */
const unreachable4 = numbered(
  "net_unreachable host_unreachable protocol_unreachable port_unreachable frag_needed source_route_failed " +
    "net_unknown host_unknown source_host_isolated net_prohibited host_prohibited net_unreachable_for_tos " +
    "host_unreachable_for_tos packet_filtered precedence_violation precedence_cutoff",
);

const icmpv4: Readonly<Record<string, IcmpType>> = {
  echo_reply: { number: 0, codes: noCodes },
  unreachable: { number: 3, codes: unreachable4 },
  source_quench: { number: 4, codes: noCodes },
  redirect: { number: 5, codes: noCodes },
  echo_request: { number: 8, codes: noCodes },
  time_exceeded: { number: 11, codes: noCodes },
  parameter_problem: { number: 12, codes: noCodes },
  timestamp_request: { number: 13, codes: noCodes },
  timestamp_reply: { number: 14, codes: noCodes },
  information_request: { number: 15, codes: noCodes },
  information_reply: { number: 16, codes: noCodes },
  address_mask_request: { number: 17, codes: noCodes },
  address_mask_reply: { number: 18, codes: noCodes },
};

const icmpv6: Readonly<Record<string, IcmpType>> = {
  unreachable: {
    number: 1,
    codes: {
      ...numbered("no_route admin_prohibited not_neighbour address_unreachable port_unreachable"),
      net_unreachable: 0,
    },
  },
  packet_too_big: { number: 2, codes: noCodes },
  time_exceeded: { number: 3, codes: numbered("exceeded_hop_limit exceeded_frag_time") },
  parameter_problem: { number: 4, codes: numbered("header_field unknown_next_header unknown_option") },
  echo_request: { number: 128, codes: noCodes },
  echo_reply: { number: 129, codes: noCodes },
  router_advertisement: { number: 134, codes: noCodes },
};

/** The number of a type, or undefined for a name this family does not know. `type_N` is always known. */
export function icmpTypeNumber(family: IpFamily, name: string): number | undefined {
  return literal("type_", name) ?? types(family, name)?.number;
}

/** The number of a code of a type; none written is 0. `code_N` is always known. */
export function icmpCodeNumber(family: IpFamily, type: string, code: string | undefined): number | undefined {
  if (code === undefined) return 0;
  const codes = types(family, type)?.codes ?? {};
  return literal("code_", code) ?? (Object.hasOwn(codes, code) ? codes[code] : undefined);
}

/** The names of a type and a code, `type_N` and `code_N` for those without. */
export function icmpNames(family: IpFamily, type: number, code: number): { type: string; code?: string } {
  const table = family === 4 ? icmpv4 : icmpv6;
  const found = Object.entries(table).find(([, known]) => known.number === type);
  const name = found?.[0] ?? `type_${type}`;
  const codeName = Object.entries(found?.[1].codes ?? {}).find(([, number]) => number === code)?.[0];
  if (codeName === undefined && code === 0) return { type: name };
  return { type: name, code: codeName ?? `code_${code}` };
}

/** Whether the message carries an MTU: only "too big" in either family does. */
export function hasMtu(family: IpFamily, type: number, code: number): boolean {
  return family === 4 ? type === 3 && code === 4 : type === 2;
}

function types(family: IpFamily, name: string): IcmpType | undefined {
  const table = family === 4 ? icmpv4 : icmpv6;
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function literal(prefix: string, name: string): number | undefined {
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^\d{1,3}$/.test(digits) && Number(digits) < 256 ? Number(digits) : undefined;
}

function numbered(names: string): Record<string, number> {
  return Object.fromEntries(names.split(" ").map((name, number) => [name, number]));
}
