import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contestant, Outcome } from "../contestant.ts";
import type { Cluster } from "./cluster.ts";
import { type Counts, countsIn, countsOf, judged } from "./counts.ts";
import type { JvmPeers } from "./jvm.ts";

/** A contestant and what it promises across a crash. */
export interface KafkaContestant extends Contestant {
  readonly promise: string;
}

/** What all of them read, and what must come out. */
export interface Course {
  readonly cluster: Cluster;
  /** One partition. */
  readonly topic: string;
  /** The same frames in two. */
  readonly spread: string;
  readonly frames: number;
  readonly truth: Counts;
}

/** Names for one run: nobody meets what another left. */
interface Run {
  readonly name: string;
  /** The topic for the results. */
  readonly out: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const millrace = [process.execPath, join(root, "bin", "millrace.mjs")];
const loop = fileURLToPath(new URL("../peers/kafka-client-loop.ts", import.meta.url));
const fetchLoop = fileURLToPath(new URL("../peers/fetch-loop.ts", import.meta.url));
const quiet = ["--summary", "json", "--progress", "off", "--log", "silent"];

/** Checkpoints of Flink, in ms: as many as its users take. */
const flinkIntervalMs = "10000";

let runs = 0;

/** Millrace first and what bounds it next to it, so that a slow spell of the machine hits both; then its peers. */
export function contestants(course: Course, jvm: JvmPeers): KafkaContestant[] {
  return [...ours(course), ...kafkaStreams(course, jvm), ...flink(course, jvm), ...others(course, jvm)];
}

function ours(course: Course): KafkaContestant[] {
  const { brokers, warm } = course.cluster;
  const one = (name: string, topic: string, promise: string, ...args: string[]) =>
    writer(course, topic, name, promise, ({ name: group, out }) => [
      ...[...millrace, "unique-users", "--in", `kafka://${brokers}/${topic}`, "--out", `kafka://${brokers}/${out}`],
      ...["--group", group, "--until-end", ...quiet, ...args],
    ]);
  const { topic, spread } = course;
  return [
    one("Millrace, at least once", topic, "at least once", "--at-least-once"),
    one("Millrace, exactly once", topic, "exactly once", "--exactly-once"),
    {
      name: "Millrace's fetch loop alone",
      promise: "",
      before: () => warm(topic),
      command: [process.execPath, fetchLoop, brokers, topic],
      result: (stdout) => fetched(stdout),
    },
    one(
      "Millrace, at least once, 2 workers on 2 partitions",
      spread,
      "at least once",
      "--at-least-once",
      "--workers",
      "2",
    ),
    one(
      "Millrace, exactly once, 2 workers on 2 partitions",
      spread,
      "exactly once",
      "--exactly-once",
      "--workers",
      "2",
    ),
  ];
}

function kafkaStreams(course: Course, { kafkaStreams: command }: JvmPeers): KafkaContestant[] {
  const { cluster, topic } = course;
  const one = (name: string, promise: string, guarantee: string, state: string, parse: string) =>
    writer(course, topic, `Kafka Streams, ${name}`, promise, ({ name: application, out }) => [
      ...[...command, cluster.brokers, topic, out, application, guarantee, state, parse],
      join(cluster.folder, "streams"),
    ]);
  const none = "nothing: sets in plain memory";
  return [
    one("HashSet, leaving the parse early", none, "at_least_once", "heap", "early"),
    one("HashSet, whole parse", none, "at_least_once", "heap", "full"),
    one("store with changelog, leaving early", "at least once", "at_least_once", "store", "early"),
    one("the same, exactly once", "exactly once", "exactly_once_v2", "store", "early"),
  ];
}

function flink(course: Course, { flink: command }: JvmPeers): KafkaContestant[] {
  const { cluster, topic } = course;
  const one = (name: string, promise: string, guarantee: string, parse: string) =>
    writer(course, topic, `Flink, ${name}`, promise, ({ name: group, out }) => [
      ...[...command, cluster.brokers, topic, out, group, guarantee, parse, flinkIntervalMs],
      join(cluster.folder, "flink"),
    ]);
  return [
    one("one chain, leaving the parse early", "at least once", "at_least_once", "early"),
    one("whole parse", "at least once", "at_least_once", "full"),
    one("leaving early, exactly once", "exactly once", "exactly_once", "early"),
  ];
}

function others({ cluster, topic, frames, truth }: Course, { consumerPerf }: JvmPeers): KafkaContestant[] {
  const { brokers, warm } = cluster;
  const before = () => warm(topic);
  const perf = ["--bootstrap-server", brokers, "--topic", topic, "--messages", String(frames)];
  return [
    {
      name: "the client's consumer, JSON.parse, a Set a minute",
      promise: "nothing",
      roundsMax: 1,
      before,
      command: () => [process.execPath, loop, brokers, topic, nextRun().name],
      result: (stdout) => ({ text: judged(countsOf(stdout), truth), rssBytes: undefined }),
    },
    {
      name: "kafka-consumer-perf-test",
      promise: "",
      before,
      command: () => [...consumerPerf, ...perf, "--group", nextRun().name, "--fetch-size", String(8 * 1024 * 1024)],
      result: () => ({ text: "", rssBytes: undefined }),
    },
  ];
}

/** One that writes its counts into a topic, made for each run. */
function writer(
  { cluster, truth }: Course,
  topic: string,
  name: string,
  promise: string,
  commandOf: (run: Run) => readonly string[],
): KafkaContestant {
  let run: Run;
  return {
    name,
    promise,
    before: async () => {
      run = nextRun();
      await cluster.make(run.out, 1);
      await cluster.warm(topic);
    },
    command: () => commandOf(run),
    result: async (_, stderr): Promise<Outcome> => {
      const counts = await countsIn(cluster.brokers, run.out);
      for (const left of ["streams", "flink"]) await rm(join(cluster.folder, left), { recursive: true, force: true });
      return { text: judged(counts, truth), rssBytes: peakOf(stderr) };
    },
  };
}

function nextRun(): Run {
  runs += 1;
  return { name: `run-${runs}`, out: `counts-${runs}` };
}

/** The peak of the resident memory in the summary that Millrace writes, if it is there. */
function peakOf(stderr: string): number | undefined {
  const bytes = /"peakRssBytes":(\d+)/.exec(stderr)?.[1];
  return bytes === undefined ? undefined : Number(bytes);
}

function fetched(stdout: string): Outcome {
  const { records } = JSON.parse(stdout) as { records: number };
  return { text: `${records.toLocaleString("en-US")} records`, rssBytes: undefined };
}
