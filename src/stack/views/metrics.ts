/** A host as OpenMetrics text: its ports, sockets, interfaces, MIB counters, and what it threw away. */
import { type MetricFamily, type MetricSample, openMetricsText } from "../../base/open-metrics.ts";
import { portFamilies } from "../../ports/insight/metrics.ts";
import type { HostSnapshot, InterfaceSnapshot } from "./snapshot.ts";

type Labels = Readonly<Record<string, string>>;

/** For `host.snapshot()`, or several hosts' told together. */
export function openMetrics(...hosts: readonly HostSnapshot[]): string {
  return openMetricsText(joined(hosts.flatMap(familiesOf)));
}

/** Samples of one family stand together, whichever host they are of. */
function joined(families: readonly MetricFamily[]): MetricFamily[] {
  const byName = new Map<string, MetricFamily>();
  for (const family of families) {
    const before = byName.get(family.name)?.samples ?? [];
    byName.set(family.name, { ...family, samples: [...before, ...family.samples] });
  }
  return [...byName.values()];
}

function familiesOf(host: HostSnapshot): MetricFamily[] {
  const labels = { host: host.name };
  return [
    ...portFamilies(host.ports, labels),
    {
      name: "harbormaster_sockets",
      type: "gauge",
      help: "Sockets and connections by state.",
      samples: sockets(host, labels),
    },
    ...links(host.interfaces, labels),
    {
      name: "harbormaster_mib",
      type: "counter",
      help: "Counters under the names of the MIBs and of Linux.",
      samples: Object.entries(host.counters).map(([counter, value]) => ({
        labels: { ...labels, counter },
        value,
      })),
    },
    {
      name: "harbormaster_drops",
      type: "counter",
      help: "What was thrown away, by layer and reason.",
      samples: Object.entries(host.drops).flatMap(([layer, reasons]) =>
        Object.entries(reasons).map(([reason, value]) => ({ labels: { ...labels, layer, reason }, value })),
      ),
    },
  ];
}

function sockets({ sockets: all }: HostSnapshot, labels: Labels): MetricSample[] {
  const counts = new Map<string, number>();
  for (const { protocol, state } of all) {
    const key = `${protocol} ${state}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, value]) => {
    const [protocol = "", state = ""] = key.split(" ");
    return { labels: { ...labels, protocol, state }, value };
  });
}

function links(interfaces: readonly InterfaceSnapshot[], labels: Labels): MetricFamily[] {
  const family = (
    name: string,
    help: string,
    value: (of: InterfaceSnapshot["link"], way: "in" | "out") => number,
  ) => ({
    name: `harbormaster_link_${name}`,
    type: "counter" as const,
    help,
    samples: interfaces.flatMap(({ name: by, link }) =>
      (["in", "out"] as const).map((direction) => ({
        labels: { ...labels, interface: by, direction },
        value: value(link, direction),
      })),
    ),
  });
  return [
    family("packets", "Packets by interface.", (link, way) =>
      way === "in" ? link.receivedPackets : link.sentPackets,
    ),
    {
      ...family("bytes", "Bytes by interface.", (link, way) =>
        way === "in" ? link.receivedBytes : link.sentBytes,
      ),
      unit: "bytes",
    },
    {
      name: "harbormaster_link_dropped_packets",
      type: "counter",
      help: "Packets a link could not take.",
      samples: interfaces.map(({ name, link }) => ({
        labels: { ...labels, interface: name },
        value: link.dropped,
      })),
    },
  ];
}
