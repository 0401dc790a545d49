import { formatBytes, formatDigits, MillraceError, reasonOf } from "millrace";
import {
  choiceOption,
  defineCommand,
  integerOption,
  type OptionValues,
  textOption,
  withFallback,
} from "millrace/command";
import { Latencies, type LatencyFigures } from "./simulate/latencies.ts";
import { runSimulation, type SimulationResult } from "./simulate/run-simulation.ts";

const count = { min: 0, max: 1_000_000_000 };
const port = { min: 1, max: 65_535 };

const options = {
  host: withFallback(textOption("ADDRESS", "where the server is"), "127.0.0.1"),
  "event-port": withFallback(integerOption("the server's port for event sources", port), 9090),
  "client-port": withFallback(integerOption("the server's port for user clients", port), 9099),
  events: withFallback(integerOption("events to send", { min: 1, max: count.max }), 1_000_000),
  clients: withFallback(integerOption("clients whose bytes are verified", { min: 1, max: 60_000 }), 100),
  users: withFallback(
    integerOption("users that events speak of; the clients are the first of them", { min: 1, max: 1_000_000 }),
    1000,
  ),
  batch: withFallback(integerOption("events shuffled together", { min: 1, max: 1_000_000 }), 100),
  seed: withFallback(integerOption("the same seed gives the same events", { min: 0, max: 2 ** 32 - 1 }), 666),
  gap: withFallback(integerOption("events left out", count), 0),
  duplicate: withFallback(integerOption("events sent twice", count), 0),
  garbage: withFallback(integerOption("lines that are no event", count), 0),
  "slow-clients": withFallback(integerOption("further clients that never read", { min: 0, max: 10_000 }), 0),
  "vanishing-clients": withFallback(
    integerOption("further clients that reset their connections and come back", { min: 0, max: 10_000 }),
    0,
  ),
  rate: withFallback(
    integerOption("events to send a second, measuring latency; 0: as fast as they are taken", { min: 0, max: 1e9 }),
    0,
  ),
  summary: withFallback(choiceOption(["text", "json"], "how the result on stdout is written"), "text"),
} as const;

/** `millrace simulate follower-maze`: an event source and clients for `follower-maze`, which verify every byte. */
export const simulateMazeCommand = defineCommand({
  name: "simulate follower-maze",
  summary: "send events to follower-maze as its source, and check every byte its clients get",
  about:
    "Connects to a new `millrace follower-maze` as an event source and as user clients, in processes of its own. Each client's bytes are " +
    "compared, as they come, with what an independent model of the protocol says. Exits with 1 when a single byte is wrong, " +
    "missing or too many. The clients' user ids are 1, 2, 3 and so on; the server must allow for all of them (--max-clients).",
  examples: [
    ["millrace simulate follower-maze --events 100000", "send 100,000 events to 100 clients, shuffled by 100"],
    [
      "millrace simulate follower-maze --events 100000 --gap 3 --duplicate 500 --garbage 500 --slow-clients 5",
      "with events missing, repeated and malformed, and clients that do not read",
    ],
    [
      "millrace simulate follower-maze --events 10000 --rate 1000 --batch 1",
      "measure latency at 1,000 events a second",
    ],
  ],
  options,
  run,
});

async function run(values: OptionValues<typeof options>): Promise<number> {
  if (values.clients > values.users) {
    throw new MillraceError("ML1002", { message: "--clients: there cannot be more clients than users" });
  }
  let result: SimulationResult;
  try {
    result = await runSimulation({
      host: values.host,
      eventPort: values["event-port"],
      clientPort: values["client-port"],
      events: values.events,
      clients: values.clients,
      users: values.users,
      batch: values.batch,
      seed: values.seed,
      gap: values.gap,
      duplicate: values.duplicate,
      garbage: values.garbage,
      slowClients: values["slow-clients"],
      vanishingClients: values["vanishing-clients"],
      rate: values.rate,
    });
  } catch (thrown) {
    process.stderr.write(`the simulation could not go on: ${reasonOf(thrown)}\n`);
    return 1;
  }
  process.stdout.write(
    values.summary === "json" ? `${JSON.stringify(figuresOf(values, result))}\n` : textOf(values, result),
  );
  return result.clients.problems.length === 0 ? 0 : 1;
}

function figuresOf(
  { events, clients }: { readonly events: number; readonly clients: number },
  result: SimulationResult,
) {
  const seconds = result.durationMs / 1000;
  return {
    exact: result.clients.problems.length === 0,
    problems: result.clients.problems,
    events,
    clients,
    lines: result.source.lines,
    seconds,
    eventsPerSecond: Math.round(events / seconds),
    bytesPerSecond: Math.round(result.clients.bytes / seconds),
    /** How much of its time the source was waiting for the server: near 0, the simulation is what limits. */
    sourceWaitedShare: result.source.waitedMs / Math.max(1, result.source.durationMs),
    sourceCpuMs: result.source.cpuMs,
    clientsCpuMs: result.clients.cpuMs,
    latencyMs: result.clients.latency,
    latencyFromDueMs: result.clients.latencyFromDue,
    sourceLateMs: latenessOf(result.source.lateMs),
  };
}

function textOf(values: { readonly events: number; readonly clients: number }, result: SimulationResult): string {
  const figures = figuresOf(values, result);
  const { latencyMs: latency } = figures;
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  return [
    ...figures.problems.map((problem) => `wrong      ${problem}`),
    figures.exact ? `exact      every byte of ${figures.clients} clients` : "not exact",
    `sent       ${formatDigits(figures.lines)} lines in ${(result.source.durationMs / 1000).toFixed(2)} s, waiting for the server ${Math.round(100 * figures.sourceWaitedShare)} % of it`,
    `received   ${formatBytes(result.clients.bytes)} in ${figures.seconds.toFixed(2)} s`,
    `throughput ${formatDigits(figures.eventsPerSecond)} events/s, ${formatBytes(figures.bytesPerSecond)}/s to clients`,
    ...(latency === undefined
      ? []
      : [
          `latency    from sending: p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}, p99.9 ${ms(latency.p999)}, max ${ms(latency.max)}`,
          `late       the source itself: p50 ${ms(figures.sourceLateMs!.p50)}, p99 ${ms(figures.sourceLateMs!.p99)}; from when events were due: p50 ${ms(figures.latencyFromDueMs!.p50)}, p99 ${ms(figures.latencyFromDueMs!.p99)}`,
          `within     ${latency.within.map(({ ms: bound, share }) => `${bound} ms ${(100 * share).toFixed(1)} %`).join(", ")}`,
        ]),
    "",
  ].join("\n");
}

function latenessOf(lateMs: readonly number[]): LatencyFigures | undefined {
  const late = new Latencies();
  for (const ms of lateMs) late.add(ms);
  return late.figures();
}
