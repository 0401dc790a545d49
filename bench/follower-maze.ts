// The whole of follower-maze under its simulator, which verifies every byte, beside the limit: the same source, clients and bytes
// with a server between them that has no logic. `npm run bench -- follower-maze [--rounds N] [--events N] [--seconds N] [--write]`
import { parseArgs } from "node:util";
import { Latencies, type LatencyFigures } from "../systems/follower-maze/simulate/latencies.ts";
import { runSimulation } from "../systems/follower-maze/simulate/run-simulation.ts";
import type { SimulationSettings } from "../systems/follower-maze/simulate/settings.ts";
import { median } from "./contestant.ts";
import { limit, ours, oursDurable, type StartServer } from "./maze-servers.ts";
import { machine, writeSection } from "./report.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    events: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "30" },
    write: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
/** About what a read of 64 KiB brings. */
const runEvents = 4000;

/** One run of the simulator against one server. */
interface Run {
  readonly eventsPerSecond: number;
  readonly rssBytes: number | undefined;
  readonly latency: LatencyFigures | undefined;
  /** How late the source itself was. */
  readonly late: LatencyFigures | undefined;
}

async function run(start: StartServer, more: Partial<SimulationSettings>): Promise<Run> {
  const standard = { host: "127.0.0.1", eventPort: 0, clientPort: 0, users: 1000, batch: 100, seed: 666, rate: 0 };
  const faults = { gap: 0, duplicate: 0, garbage: 0, slowClients: 0, vanishingClients: 0 };
  const settings = { ...standard, ...faults, events: 1, clients: 100, ...more };
  const server = await start(settings);
  const { eventPort, clientPort } = server;
  const { clients, source, durationMs } = await runSimulation({ ...settings, eventPort, clientPort }, server.prepare);
  const rssBytes = await server.stop();
  const perSecond = Math.round((1000 * settings.events) / durationMs);
  const { p50, p99 } = clients.latency ?? {};
  process.stderr.write(`${JSON.stringify({ ...more, perSecond, rssBytes, p50, p99 })}\n`);
  if (clients.problems.length > 0) throw new Error(`a client got wrong bytes: ${clients.problems[0]}`);
  const late = new Latencies();
  for (const ms of source.lateMs) late.add(ms);
  const eventsPerSecond = (1000 * settings.events) / durationMs;
  return { eventsPerSecond, rssBytes, latency: clients.latency, late: late.figures() };
}

/** Runs all of them in turn, so that a slow spell of the machine hits all alike. */
async function inTurn(starts: readonly StartServer[], more: Partial<SimulationSettings>): Promise<Run[][]> {
  const runs: Run[][] = starts.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, start] of starts.entries()) runs[index]!.push(await run(start, more));
  }
  return runs;
}

const rate = (runs: readonly Run[]) => median(runs.map((one) => one.eventsPerSecond));

function rateText(runs: readonly Run[]): string {
  const rates = runs.map((one) => one.eventsPerSecond);
  const text = (value: number) => Math.round(value).toLocaleString("en-US");
  return `${text(median(rates))} (${text(Math.min(...rates))}–${text(Math.max(...rates))})`;
}

function throughputRow(name: string, runs: readonly Run[], limits: readonly Run[]): string {
  const share = median(runs.map((one, round) => one.eventsPerSecond / limits[round]!.eventsPerSecond));
  const rss = Math.max(...runs.map((one) => one.rssBytes ?? 0));
  const memory = rss === 0 ? "" : `${Math.round(rss / 1e6)} MB`;
  return `| ${name} | ${rateText(runs)} | ${Math.round(100 * share)} % | ${memory} |`;
}

function latencyRow(name: string, figures: readonly LatencyFigures[]): string {
  const at = (of: (figure: LatencyFigures) => number) => `${median(figures.map(of)).toFixed(2)}`;
  const within = [1, 2, 5, 10, 50].map((ms) => {
    const share = median(figures.map((one) => one.within.find((column) => column.ms === ms)!.share));
    return `${(100 * share).toFixed(1)} %`;
  });
  const quantiles = [at((one) => one.p50), at((one) => one.p90), at((one) => one.p99), at((one) => one.p999)];
  return `| ${name} | ${[...quantiles, ...within].join(" | ")} |`;
}

/** What clients saw, and how late the source was meanwhile. */
function latencyRows(name: string, runs: readonly Run[]): string[] {
  const clients = latencyRow(
    name,
    runs.map((one) => one.latency!),
  );
  return [
    clients,
    latencyRow(
      "— the source's own lateness",
      runs.map((one) => one.late!),
    ),
  ];
}

const events = Number(values.events);
const [all, durable, allLimit] = await inTurn([ours(), oursDurable(), limit(runEvents)], { events });
const manyEvents = Math.round(events / 5);
const [many, manyLimit] = await inTurn([ours(), limit(runEvents)], { events: manyEvents, clients: 1000 });
const slow = { events: 1000 * Number(values.seconds), rate: 1000, batch: 1 };
const [atSlow, slowLimit] = await inTurn([ours(), limit(1)], slow);
const half = Math.round(rate(all!) / 2);
const halfway = { events: Math.ceil((half * Number(values.seconds)) / 100) * 100, rate: half };
const [atHalf] = await inTurn([ours()], halfway);

const halfText = `${half.toLocaleString("en-US")} events/s, shuffled by 100`;
const text = [
  `${machine()}. \`npm run bench -- follower-maze --rounds ${values.rounds}\`: a fifth each of broadcasts, follows, unfollows, private messages and status updates of 1,000 users, shuffled by 100; every byte verified; median (least–most). Event source and clients are processes of their own on the same cores.`,
  "",
  "| | events/s | of the limit | RSS |",
  "|---|---|---|---|",
  throughputRow(`follower-maze, ${events.toLocaleString("en-US")} events to 100 clients`, all!, allLimit!),
  throughputRow("the same, --durable", durable!, allLimit!),
  throughputRow("the limit: the same bytes, no logic", allLimit!, allLimit!),
  throughputRow(`follower-maze, ${manyEvents.toLocaleString("en-US")} events to 1,000 clients`, many!, manyLimit!),
  throughputRow("the limit: the same bytes, no logic", manyLimit!, manyLimit!),
  "",
  "Latency to 100 clients, in milliseconds, from when an event was sent to when a client had it, and the share of events that took no longer than so much; then how late the source itself sent what was due, which is not in it:",
  "",
  "| | p50 | p90 | p99 | p99.9 | 1 ms | 2 ms | 5 ms | 10 ms | 50 ms |",
  "|---|---|---|---|---|---|---|---|---|---|",
  ...latencyRows("1,000 events/s, one by one", atSlow!),
  ...latencyRows("the same bytes, no logic", slowLimit!),
  ...latencyRows(`half of full load: ${halfText}`, atHalf!),
].join("\n");
process.stdout.write(`${text}\n`);
if (values.write) writeSection("follower-maze", text);
