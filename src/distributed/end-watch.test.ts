import { expect, test } from "vitest";
import { type KafkaClient, nameOf, type TopicPartition } from "../connectors/kafka/client/kafka-client.ts";
import type { KafkaSource } from "../connectors/kafka/kafka-source.ts";
import { seededRandom } from "../core/random.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { EndWatch } from "./end-watch.ts";
import { groupSettings } from "./group-settings.ts";
import type { Topology } from "./topology.ts";

const source: TopicPartition = { topic: "in", partition: 0 };
const exchange: TopicPartition = { topic: "between", partition: 0 };

/** A cluster with a source partition of 10 records and an exchange partition behind it, and a watch of them. */
async function fixture() {
  const clock = new ManualClock();
  const latest = new Map([
    [nameOf(source), 10],
    [nameOf(exchange), 5],
  ]);
  const committed = new Map<string, { readonly offset: number; readonly metadata?: string }>();
  const client = {
    offsets: async (places: readonly TopicPartition[]) =>
      new Map(places.map((place) => [nameOf(place), latest.get(nameOf(place))!])),
    coordinator: async () => 1,
    committed: async () => new Map(committed),
  } as unknown as KafkaClient;
  const topology = { sourcePlaces: [source], exchangePlaces: () => [exchange] } as unknown as Topology;
  const bounded = { settings: { untilEnd: true } } as unknown as KafkaSource;
  const context = { client, clock, random: seededRandom(1) };
  const watch = await EndWatch.open(context, topology, bounded, groupSettings({ group: "g" }));
  const told: string[] = [];
  watch!.look(
    () => told.push("through"),
    (places) => told.push(`more in ${places.map(nameOf)}`),
  );
  return {
    watch: watch!,
    grow: (place: TopicPartition, end: number) => latest.set(nameOf(place), end),
    commit: (place: TopicPartition, offset: number, metadata = "ended") =>
      committed.set(nameOf(place), { offset, metadata }),
    /** What was told in a while. */
    told: async () => {
      await clock.advance(1000);
      return [...new Set(told.splice(0))];
    },
  };
}

test("all is done when each partition is committed to its end, by a task that had ended", async () => {
  const { watch, commit, told } = await fixture();
  expect(await told()).toEqual([]);
  commit(source, 10);
  commit(exchange, 5, "");
  expect(await told()).toEqual([]);
  expect(await watch.isThrough()).toBe(false);
  commit(exchange, 5);
  expect(await watch.isThrough()).toBe(true);
  expect(await told()).toEqual(["through"]);
});

test("what came into the source since the start is the next run's", async () => {
  const { grow, commit, told } = await fixture();
  grow(source, 20);
  commit(source, 10);
  commit(exchange, 5);
  expect(await told()).toEqual(["through"]);
});

test("an exchange that got more after its task had ended is told, and is not done until that is read, too", async () => {
  const { watch, grow, commit, told } = await fixture();
  commit(source, 10);
  commit(exchange, 5);
  grow(exchange, 7);
  expect(await told()).toEqual(["more in between-0"]);
  expect(await watch.isThrough()).toBe(false);
  commit(exchange, 7);
  expect(await told()).toEqual(["through"]);
});
