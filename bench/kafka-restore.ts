// How long a task on Kafka takes to get its state back from its changelog topic, beside reading the same records and doing
// nothing with them. Starts a broker of its own unless KAFKA_BROKERS names one. Prints JSON.
// `node tools/run.mjs bench/main.ts kafka-restore [keys] [rounds]`
import { randomUUID } from "node:crypto";
import { keyedStore, systemClock, systemRandom } from "millrace";
import { ensureChangelog, KafkaCheckpoints, openClient, openTaskOutput } from "millrace/kafka";
import { startBroker } from "../tools/kafka/broker.ts";
import { median } from "./contestant.ts";

interface Restored {
  readonly ms: number;
  /** Of all threads: what remains when the machine has other work to do. */
  readonly cpuMs: number;
  readonly bytes: number;
}

/** What a key holds: as much as a session or a small profile does. */
interface Value {
  readonly count: number;
  readonly last: string;
}

const [keys = 1_000_000, rounds = 3] = process.argv.slice(2).map(Number);
const keysInCommit = 50_000;
const store = "count/state counts";
const broker = process.env.KAFKA_BROKERS === undefined ? await startBroker() : undefined;
const client = openClient({ brokers: process.env.KAFKA_BROKERS ?? broker!.brokers }, systemClock);
const clock = systemClock;
const random = systemRandom();
const group = `restore-${randomUUID().slice(0, 8)}`;
const input = { topic: `${group}-input`, partition: 0 };
const changelog = `${group}-changelog`;

await client.createTopics([{ name: input.topic, partitions: 1, replicas: -1, settings: {} }], 30_000);
await ensureChangelog({ client, clock, random }, { topic: changelog, partitions: 1 });
const written = await write();
const restores: { readonly read: Restored; readonly restore: Restored & { readonly rssMB: number } }[] = [];
for (let round = 0; round < rounds; round++) {
  restores.push({ read: await restore(() => {}), restore: await restoreStore() });
}
process.stdout.write(`${JSON.stringify(summary(), undefined, 2)}\n`);
await client.close();
await broker?.stop();

/** The checkpoints of a task, as the next owner of its partition opens them. */
async function task() {
  const output = await openTaskOutput({
    client,
    clock,
    random,
    guarantee: "exactly-once",
    group,
    transactionalId: group,
    onTrouble: ({ message }) => process.stderr.write(`${message}\n`),
  });
  const warn = (message: string) => process.stderr.write(`${message}\n`);
  const onTrouble = (failure: Error) => warn(failure.message);
  const own = { client, clock, random, output, group, input, changelog, sourceId: "in", warn, onTrouble };
  return { output, checkpoints: new KafkaCheckpoints(own) };
}

async function write() {
  const { output, checkpoints } = await task();
  await checkpoints.open(() => {});
  const values = keyedStore<Value>();
  const began = clock.monotonic();
  for (let from = 0, id = 1; from < keys; from += keysInCommit, id++) {
    for (let n = from; n < Math.min(keys, from + keysInCommit); n++) {
      values.set(`user-${n}`, { count: n % 1000, last: `2026-01-01T00:00:${n % 60}` });
    }
    const changes: [string, Uint8Array | undefined][] = [];
    values.collect({
      put: (key, value) => changes.push([key, value]),
      delete: (key) => changes.push([key, undefined]),
    });
    checkpoints.cut();
    const sources = { in: { [`${input.topic}-0`]: 0 } };
    await checkpoints.commit({ id, sources, sinks: {}, versions: {} }, [{ store, changes }]);
  }
  const ms = clock.monotonic() - began;
  await output.close();
  return { ms };
}

async function restore(
  onChange: (store: string, key: string, value: Uint8Array | undefined) => void,
): Promise<Restored> {
  const { output, checkpoints } = await task();
  const began = clock.monotonic();
  const before = process.cpuUsage();
  await checkpoints.open(onChange);
  const ms = clock.monotonic() - began;
  const { user, system } = process.cpuUsage(before);
  const { restoredBytes } = checkpoints.status();
  await output.close();
  return { ms, cpuMs: (user + system) / 1000, bytes: Number(restoredBytes) };
}

async function restoreStore() {
  const values = keyedStore<Value>();
  const result = await restore((_store, key, value) => values.apply(key, value));
  if (values.size !== keys) throw new Error(`${values.size} keys came back of ${keys}`);
  return { ...result, rssMB: Math.round(process.memoryUsage().rss / 1e6) };
}

function summary() {
  const [readMs, restoreMs] = [median(restores.map(({ read }) => read.ms)), median(restores.map((r) => r.restore.ms))];
  const bytes = restores[0]!.restore.bytes;
  return {
    keys,
    bytes,
    writeMs: Math.round(written.ms),
    readMs: Math.round(readMs),
    restoreMs: Math.round(restoreMs),
    restoreCpuMs: Math.round(median(restores.map((one) => one.restore.cpuMs))),
    restoreMsAll: restores.map((one) => Math.round(one.restore.ms)),
    keysPerSecond: Math.round((1000 * keys) / restoreMs),
    megabytesPerSecond: Math.round(bytes / 1000 / restoreMs),
    rssMB: Math.max(...restores.map((one) => one.restore.rssMB)),
  };
}
