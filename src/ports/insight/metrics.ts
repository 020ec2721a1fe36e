/** The numbers of a port manager as OpenMetrics. */
import { type MetricFamily, type MetricSample, openMetricsText } from "../../base/open-metrics.ts";
import type { TransportProtocol } from "../binding.ts";
import type { PortRange } from "../range.ts";
import type { PortStats, ProtocolStats } from "../stats.ts";

/** What is told of: a `PortManager`, or of a host's snapshot the same. */
export interface PortNumbers {
  readonly range: PortRange;
  readonly reserved: readonly PortRange[];
  readonly stats: PortStats;
}

/** The port manager as OpenMetrics text, for whoever scrapes it. */
export function openMetrics(ports: {
  readonly range: PortRange;
  readonly reserved: readonly PortRange[];
  stats(): PortStats;
}): string {
  const { range, reserved } = ports;
  return openMetricsText(portFamilies({ range, reserved, stats: ports.stats() }));
}

/** `labels` go to every sample, such as the name of the host. */
export function portFamilies(
  { range, reserved, stats }: PortNumbers,
  labels: Readonly<Record<string, string>> = {},
): MetricFamily[] {
  const each = (
    value: (numbers: ProtocolStats) => number,
    more: Readonly<Record<string, string>> = {},
  ): MetricSample[] =>
    (Object.entries(stats) as [TransportProtocol, ProtocolStats][]).map(([protocol, numbers]) => ({
      labels: { ...labels, protocol, ...more },
      value: value(numbers),
    }));
  const reservedCount = reserved.reduce((sum, [low, high]) => sum + high - low + 1, 0);
  return [
    gauge("port_range_first", "The first port of the ephemeral range.", [{ labels, value: range[0] }]),
    gauge("port_range_last", "The last port of the ephemeral range.", [{ labels, value: range[1] }]),
    gauge("ports_reserved", "Ports that are never chosen.", [{ labels, value: reservedCount }]),
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

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name: `harbormaster_${name}`, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name: `harbormaster_${name}`, type: "counter", help, samples };
}
