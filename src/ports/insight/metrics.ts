/** The numbers of a port manager as OpenMetrics. */
import { type MetricFamily, type MetricSample, openMetricsText } from "../../base/open-metrics.ts";
import { type TransportProtocol, transportProtocols } from "../binding.ts";
import { sizeOf } from "../range.ts";
import type { PortStats, ProtocolStats } from "../stats.ts";
import { type ProtocolRange, rangesOf, type ToldRanges } from "./told-ranges.ts";

type Labels = Readonly<Record<string, string>>;

/** What is told of: a `PortManager`, or of a host's snapshot the same. */
export interface PortNumbers extends ToldRanges {
  readonly stats: PortStats;
}

/** The port manager as OpenMetrics text, for whoever scrapes it. */
export function openMetrics(ports: ToldRanges & { stats(): PortStats }): string {
  const { range, reserved, apart = [] } = ports;
  return openMetricsText(portFamilies({ range, reserved, apart, stats: ports.stats() }));
}

/** `labels` go to every sample, such as the name of the host. */
export function portFamilies(ports: PortNumbers, labels: Labels = {}): MetricFamily[] {
  const { stats } = ports;
  const each = (value: (numbers: ProtocolStats) => number, more: Labels = {}): MetricSample[] =>
    (Object.entries(stats) as [TransportProtocol, ProtocolStats][]).map(([protocol, numbers]) => ({
      labels: { ...labels, protocol, ...more },
      value: value(numbers),
    }));
  return [
    ...rangeFamilies(ports, labels),
    gauge(
      "ports_free",
      "Ports of the range that nobody holds and that are not reserved.",
      each(({ free }) => free),
    ),
    gauge("port_bindings", "Bindings in use, and resting after their connection's end.", [
      ...each(({ inUse }) => inUse, { state: "in_use" }),
      ...each(({ held }) => held, { state: "held" }),
    ]),
    gauge(
      "port_bindings_high_water",
      "The most bindings there ever were at once.",
      each(({ highWater }) => highWater),
    ),
    counter("port_choices", "Choices of a port, by how they ended.", [
      ...each(({ allocations }) => allocations, { outcome: "chosen" }),
      ...each(({ exhaustions }) => exhaustions, { outcome: "exhausted" }),
    ]),
    counter(
      "port_wraps",
      "Choices that went past the end of the range.",
      each(({ wraps }) => wraps),
    ),
    counter(
      "port_candidates",
      "Candidates that a scan port by port would have looked at.",
      each(({ candidates }) => candidates),
    ),
    gauge(
      "port_flows",
      "Different five-tuples.",
      each(({ flows }) => flows),
    ),
    {
      ...gauge(
        "port_flow_table_bytes",
        "Memory of the table of five-tuples.",
        each(({ flowBytes }) => flowBytes),
      ),
      unit: "bytes",
    },
  ];
}

function rangeFamilies(ports: PortNumbers, labels: Labels): MetricFamily[] {
  const ranges = rangesTold(ports, labels);
  const each = (value: (range: ProtocolRange) => number): MetricSample[] =>
    ranges.map((told) => ({ labels: told.labels, value: value(told) }));
  return [
    gauge(
      "port_range_first",
      "The first port of the ephemeral range.",
      each(({ range }) => range[0]),
    ),
    gauge(
      "port_range_last",
      "The last port of the ephemeral range.",
      each(({ range }) => range[1]),
    ),
    gauge(
      "ports_reserved",
      "Ports that are never chosen.",
      each(({ reserved }) => reserved.reduce((sum, range) => sum + sizeOf(range), 0)),
    ),
  ];
}

/** One for all, without a protocol's name; or where some have their own, one for each protocol, and version of IP if these differ. */
function rangesTold(ports: PortNumbers, labels: Labels): (ProtocolRange & { readonly labels: Labels })[] {
  const { range, reserved, apart = [] } = ports;
  if (apart.length === 0) return [{ domain: undefined, range, reserved, labels }];
  return transportProtocols.flatMap((protocol) =>
    rangesOf(ports, protocol).map((told) => {
      const version = told.domain === undefined ? {} : { ip: String(told.domain) };
      return { ...told, labels: { ...labels, protocol, ...version } };
    }),
  );
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name: `harbormaster_${name}`, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name: `harbormaster_${name}`, type: "counter", help, samples };
}
