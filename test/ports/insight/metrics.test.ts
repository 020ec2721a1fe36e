import { expect, test } from "vitest";
import { openMetricsText } from "../../../src/base/open-metrics.ts";
import { openMetrics } from "../../../src/ports/insight/metrics.ts";
import { iana } from "../../../src/ports/profiles/iana.ts";
import { problemsOfMetrics } from "../../support/open-metrics.ts";
import { outcome, path, request, testHost } from "../support/host.ts";

test("a port manager as OpenMetrics text, to the letter", () => {
  const { manager } = testHost(iana);
  manager.range = [50000, 50001];
  manager.reserved = [[40000, 40009]];
  const to = path("192.0.2.1", "198.51.100.1:80");
  manager.connectNew("a", request("0.0.0.0:0"), to);
  manager.hold(manager.connectNew("b", request("0.0.0.0:0"), to), "b", 1000);
  expect(outcome(() => manager.connectNew("c", request("0.0.0.0:0"), to))).toBe("EADDRNOTAVAIL");
  const text = openMetrics(manager);
  expect(problemsOfMetrics(text)).toEqual([]);
  expect(text.replace(/(?<=flow_table_bytes\{protocol="tcp"\} )\d+/, "N")).toMatchInlineSnapshot(`
    "# TYPE harbormaster_port_range_first gauge
    # HELP harbormaster_port_range_first The first port of the ephemeral range.
    harbormaster_port_range_first 50000
    # TYPE harbormaster_port_range_last gauge
    # HELP harbormaster_port_range_last The last port of the ephemeral range.
    harbormaster_port_range_last 50001
    # TYPE harbormaster_ports_reserved gauge
    # HELP harbormaster_ports_reserved Ports that are never chosen.
    harbormaster_ports_reserved 10
    # TYPE harbormaster_ports_free gauge
    # HELP harbormaster_ports_free Ports of the range that nobody holds and that are not reserved.
    harbormaster_ports_free{protocol="tcp"} 0
    # TYPE harbormaster_port_bindings gauge
    # HELP harbormaster_port_bindings Bindings in use, and resting after their connection's end.
    harbormaster_port_bindings{protocol="tcp",state="in_use"} 1
    harbormaster_port_bindings{protocol="tcp",state="held"} 1
    # TYPE harbormaster_port_bindings_high_water gauge
    # HELP harbormaster_port_bindings_high_water The most bindings there ever were at once.
    harbormaster_port_bindings_high_water{protocol="tcp"} 2
    # TYPE harbormaster_port_choices counter
    # HELP harbormaster_port_choices Choices of a port, by how they ended.
    harbormaster_port_choices_total{protocol="tcp",outcome="chosen"} 2
    harbormaster_port_choices_total{protocol="tcp",outcome="exhausted"} 1
    # TYPE harbormaster_port_wraps counter
    # HELP harbormaster_port_wraps Choices that went past the end of the range.
    harbormaster_port_wraps_total{protocol="tcp"} 0
    # TYPE harbormaster_port_candidates counter
    # HELP harbormaster_port_candidates Candidates that a scan port by port would have looked at.
    harbormaster_port_candidates_total{protocol="tcp"} 4
    # TYPE harbormaster_port_flows gauge
    # HELP harbormaster_port_flows Different five-tuples.
    harbormaster_port_flows{protocol="tcp"} 2
    # TYPE harbormaster_port_flow_table_bytes gauge
    # UNIT harbormaster_port_flow_table_bytes bytes
    # HELP harbormaster_port_flow_table_bytes Memory of the table of five-tuples.
    harbormaster_port_flow_table_bytes{protocol="tcp"} N
    # EOF
    "
  `);
});

test("ranges of one protocol's own are told by protocol, and by version of IP where these differ", () => {
  const { manager } = testHost(iana);
  manager.range = [50000, 50001];
  manager.settings.of("udp").range = [40000, 40009];
  manager.settings.of("tcp", 6).range = [30000, 30009];
  manager.settings.of("tcp", 6).reserved = [[30000, 30004]];
  const text = openMetrics(manager);
  expect(problemsOfMetrics(text)).toEqual([]);
  expect(text.split("\n").filter((line) => /^harbormaster_port(_range_first|s_reserved)/.test(line))).toEqual(
    [
      'harbormaster_port_range_first{protocol="tcp",ip="4"} 50000',
      'harbormaster_port_range_first{protocol="tcp",ip="6"} 30000',
      'harbormaster_port_range_first{protocol="udp"} 40000',
      'harbormaster_port_range_first{protocol="sctp"} 50000',
      'harbormaster_port_range_first{protocol="udplite"} 50000',
      'harbormaster_ports_reserved{protocol="tcp",ip="4"} 0',
      'harbormaster_ports_reserved{protocol="tcp",ip="6"} 5',
      'harbormaster_ports_reserved{protocol="udp"} 0',
      'harbormaster_ports_reserved{protocol="sctp"} 0',
      'harbormaster_ports_reserved{protocol="udplite"} 0',
    ],
  );
});

test("nothing is told of protocols that nobody used", () => {
  const text = openMetrics(testHost(iana).manager);
  expect(problemsOfMetrics(text)).toEqual([]);
  expect(text).not.toContain("protocol=");
});

test("labels and help are escaped", () => {
  const text = openMetricsText([
    {
      name: "a",
      type: "gauge",
      help: 'with "quotes" and\na line',
      samples: [{ labels: { b: 'x\\"\n' }, value: 1 }],
    },
  ]);
  expect(text).toBe('# TYPE a gauge\n# HELP a with \\"quotes\\" and\\na line\na{b="x\\\\\\"\\n"} 1\n# EOF\n');
  expect(problemsOfMetrics(text)).toEqual([]);
});
