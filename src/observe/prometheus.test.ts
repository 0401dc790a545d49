import { expect, test } from "vitest";
import { Exposition, metricName } from "./exposition.ts";
import { prometheusText } from "./prometheus.ts";
import { jobStatus, sourceStatus, stepStatus } from "./status-fixture.ts";

/** The samples of a text, by name and labels; throws at what is not of the format. */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const family = { name: "", seen: new Set<string>() };
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = /^# (HELP|TYPE) ([a-z0-9_]+) (?:.+)$/.exec(line);
    if (comment !== null) {
      if (comment[1] === "HELP") {
        expect(family.seen.has(comment[2]!)).toBe(false);
        family.seen.add((family.name = comment[2]!));
      }
      continue;
    }
    const sample = /^([a-z0-9_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\[\\n"])*",?)*\})? (\S+)$/.exec(line);
    if (sample === null) throw new Error(`not of the format: ${line}`);
    expect(sample[1]).toBe(family.name);
    const key = sample[1]! + (sample[2] ?? "");
    expect(samples.has(key)).toBe(false);
    samples.set(key, Number(sample[3]!.replace("Inf", "Infinity")));
  }
  return samples;
}

test("a status as text, to the letter", () => {
  const text = prometheusText(
    jobStatus({
      sources: [
        sourceStatus({ records: 10, bytes: 2048, doneBytes: 100, totalBytes: 400, silentMs: 1500, own: { lag: 3 } }),
      ],
      steps: [
        stepStatus({
          id: "clock",
          in: 10,
          out: 8,
          watermark: 1468244371000,
          counters: { late: 2, "dead:no ts": 1, "dead:not JSON": 4 },
          own: { heldBytes: 12, full: true, note: "x", nested: { a: 1 }, broken: Number.NaN },
        }),
      ],
    }),
  );
  expect(text.split("\n").filter((line) => !line.startsWith("#"))).toEqual([
    'millrace_state{state="starting"} 0',
    'millrace_state{state="running"} 1',
    'millrace_state{state="draining"} 0',
    'millrace_state{state="finished"} 0',
    'millrace_state{state="failed"} 0',
    "millrace_elapsed_seconds 12",
    'millrace_source_records_total{source="frames"} 10',
    'millrace_source_bytes_total{source="frames"} 2048',
    'millrace_source_done_bytes{source="frames"} 100',
    'millrace_source_size_bytes{source="frames"} 400',
    'millrace_source_silent_seconds{source="frames"} 1.5',
    'millrace_source_held_back{source="frames"} 0',
    'millrace_source_own_lag{source="frames"} 3',
    'millrace_records_in_total{step="clock"} 10',
    'millrace_records_out_total{step="clock"} 8',
    'millrace_watermark_seconds{step="clock"} 1468244371',
    'millrace_step_late_total{step="clock"} 2',
    'millrace_step_dead_total{step="clock",reason="no ts"} 1',
    'millrace_step_dead_total{step="clock",reason="not JSON"} 4',
    'millrace_step_own_held_bytes{step="clock"} 12',
    'millrace_step_own_full{step="clock"} 1',
    "",
  ]);
  expect(text).toContain("# HELP millrace_records_in_total Records taken.\n# TYPE millrace_records_in_total counter\n");
  expect(text).toContain("# TYPE millrace_watermark_seconds gauge\n");
});

test("checkpoints and the process are told when they are known", () => {
  const checkpoints = {
    count: 3,
    lastAtMs: 5000,
    lastPauseMs: 2,
    lastDurationMs: 30,
    longestPauseMs: 4,
    store: { bytes: 77, folder: "state" },
  };
  const loopLagSeconds = { mean: 0.001, p99: 0.002, max: 0.25 };
  const samples = parse(
    prometheusText(jobStatus({ checkpoints }), { residentBytes: 1, heapUsedBytes: 2, cpuSeconds: 3.5, loopLagSeconds }),
  );
  expect(samples.get("millrace_checkpoints_total")).toBe(3);
  expect(samples.get("millrace_checkpoint_last_seconds")).toBe(5);
  expect(samples.get("millrace_checkpoint_longest_pause_seconds")).toBe(0.004);
  expect(samples.get("millrace_checkpoint_store_bytes")).toBe(77);
  expect(samples.get("process_resident_memory_bytes")).toBe(1);
  expect(samples.get("process_cpu_seconds_total")).toBe(3.5);
  expect(samples.get("nodejs_eventloop_lag_max_seconds")).toBe(0.25);
});

test("hostile reasons and names still give valid text, and equal series are added up", () => {
  const counters = {
    'dead:a"b\\c\nd} 1': 1,
    "dead:a:b": 2,
    "dead:\u001b[2J": 3,
    "no ts!": 4,
    "no-ts!": 5,
    漢字: 6,
    "held:x": 7,
    held: 8,
  };
  const own = { a_total: 1, aTotal: 2, "": 3, big: 2n, infinite: Number.POSITIVE_INFINITY };
  const samples = parse(
    prometheusText(jobStatus({ steps: [stepStatus({ counters, own }), stepStatus({ id: "two", own })] })),
  );
  const of = (name: string, rest = "") => samples.get(`millrace_step_${name}{step="users"${rest}}`);
  expect(of("dead_total", ',reason="a\\"b\\\\c\\\\nd} 1"')).toBe(1);
  expect(of("dead_total", ',reason="a:b"')).toBe(2);
  expect(of("dead_total", ',reason="\\\\u001b[2J"')).toBe(3);
  expect(of("no_ts_total")).toBe(9);
  expect(of("unnamed_total")).toBe(6);
  expect(of("held_total", ',reason="x"')).toBe(7);
  expect(of("held_total")).toBe(8);
  expect(of("own_a_total")).toBe(3);
  expect(of("own_infinite")).toBe(Number.POSITIVE_INFINITY);
});

test("line feeds in a help text are escaped, and a name keeps its first type", () => {
  const out = new Exposition();
  out.add("gauge", "a", "one\ntwo \\ three", 1, { label: "x\ny" });
  out.add("counter", "a", "other", Number.NEGATIVE_INFINITY);
  out.add("gauge", "none", "not there", undefined);
  expect(out.text()).toBe('# HELP a one\\ntwo \\\\ three\n# TYPE a gauge\na{label="x\\ny"} 1\na -Inf\n');
});

test.each([
  ["heldBytes", "held_bytes"],
  ["p99", "p99"],
  ["no ts", "no_ts"],
  ["__x__", "x"],
])("%s is named %s", (name, metric) => expect(metricName(name)).toBe(metric));

test("a source's figures by partition, one sample each", () => {
  const own = { lag: { "frames-0": 3, "frames-1": 0 }, inFlightBytes: 9, note: { why: "no number" } };
  const samples = parse(prometheusText(jobStatus({ sources: [sourceStatus({ id: "frames", own })] })));
  expect(samples.get('millrace_source_own_lag{source="frames",partition="frames-0"}')).toBe(3);
  expect(samples.get('millrace_source_own_lag{source="frames",partition="frames-1"}')).toBe(0);
  expect(samples.get('millrace_source_own_in_flight_bytes{source="frames"}')).toBe(9);
  expect([...samples.keys()].filter((key) => key.includes("note"))).toEqual([]);
});
