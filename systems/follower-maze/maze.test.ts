import { keyedStore, type Random, seededRandom } from "millrace";
import { drive, type ListItem, pause, simulateSeeds, TestRun, textSource } from "millrace/testing";
import { describe, expect, test } from "vitest";
import { Followers, followersCodec } from "./followers.ts";
import { followerMaze, type OrderRules } from "./pipeline.ts";
import { eventLines, shuffle } from "./test-kit/lines.ts";
import { oracle } from "./test-kit/oracle.ts";
import { type Told, toldSink } from "./test-kit/told-sink.ts";
import { UserNumbers } from "./user-numbers.ts";

const rules: OrderRules = { gapTimeoutMs: 1000, capacity: 1000, capacityBytes: 10_000_000 };
const clients = ["1", "2", "3", "é", "nobody"];
const events = (random: Random, count: number) => eventLines(random, [...clients, "4", "5", "01"], count);

const junk = [
  "\n",
  "hello\n",
  "-4|B\n",
  "7|B|\n",
  "8|P|1\n",
  "9|X|1|2\r\n",
  "9007199254740992|B\n",
  "3|S|a\0b\n",
  "90071992547409|B\n",
];

/** A source of lines, their ends within the records. */
function lineSource(items: readonly ListItem<string>[]) {
  return textSource(items, { batchRecords: 17 });
}

/** What each client would have got of what was delivered. */
function received(deliveries: readonly Told[]): Map<string, string> {
  const texts = new Map(clients.map((client) => [client, ""]));
  for (const { bytes, to } of deliveries) {
    const line = Buffer.from(bytes).toString();
    for (const client of to === "all" ? clients : to) {
      if (texts.has(client)) texts.set(client, texts.get(client)! + line);
    }
  }
  return texts;
}

async function run(items: readonly ListItem<string>[], set = rules) {
  const users = toldSink(clients);
  const status = await drive(followerMaze(set, { events: lineSource(items), users }));
  return { received: received(users.values), status };
}

describe("every client gets, byte for byte, what an independent model says", () => {
  test("of events in any order, repeated, with junk among them", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed);
      const sent = shuffle(random, events(random, 400), [1, 7, 100, 400][seed % 4]!);
      const noisy = sent.flatMap((line, at) => {
        const extra = random.below(10);
        if (extra === 0) return [line, junk[random.below(junk.length)]!];
        return extra === 1 ? [line, sent[random.below(at + 1)]!] : [line];
      });
      const { received, status } = await run(noisy);
      expect(received, `seed ${seed}`).toEqual(oracle(sent, clients));
      expect(status.sources[0]!.records).toBe(noisy.length);
    }
  });

  test("of the worst order: everything backwards", async () => {
    const sent = events(seededRandom(5), 900).reverse();
    expect((await run(sent)).received).toEqual(oracle(sent, clients));
  });

  test("of a sequence with holes, which are waited for and skipped", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = seededRandom(seed);
      const sent = shuffle(random, events(random, 300), 10).filter(() => random.below(20) > 0);
      const items = sent.flatMap((line): ListItem<string>[] => (random.below(30) === 0 ? [pause(700), line] : [line]));
      // A hole can be filled after it was skipped only by what comes more than a second later than its batch: nothing here.
      expect((await run(items, { ...rules, gapTimeoutMs: 60_000 })).received).toEqual(oracle(sent, clients));
    }
  });

  test("of a sequence that goes on after its source has been away", async () => {
    const sent = events(seededRandom(3), 100);
    const [before, after] = [sent.slice(0, 50).reverse(), sent.slice(50).reverse()];
    expect((await run([...before, pause(3_600_000), ...after])).received).toEqual(oracle(sent, clients));
  });
});

test("an event that came too late is not told, and nothing else is lost", async () => {
  const { received, status } = await run(["1|B\n", "3|B\n", pause(1001), "2|B\n", "4|B\n"]);
  expect(received.get("1")).toBe("1|B\n3|B\n4|B\n");
  expect(status.steps.find(({ id }) => id === "order")!.counters).toMatchObject({ late: 1 });
});

test("killed at any time and sent everything again, the graph and the order are as if nothing had happened", async () => {
  for (let seed = 1; seed <= 15; seed++) {
    const random = seededRandom(seed);
    const sent = shuffle(random, events(random, 200), 20);
    const users = toldSink(clients);
    const items = sent.flatMap((line): ListItem<string>[] => [line, pause(10)]);
    const test = new TestRun(followerMaze(rules, { events: lineSource(items), users }), { checkpointInterval: "70ms" });
    test.start();
    for (let life = 0; life < 4; life++) {
      await test.advance(random.below(500));
      test.kill();
      test.start();
    }
    await test.finish();
    expect(received(users.values), `seed ${seed}`).toEqual(oracle(sent, clients));
  }
});

test("durable, it tells nobody of an event that it does not know after a crash", async () => {
  for (let seed = 1; seed <= 15; seed++) {
    const random = seededRandom(seed);
    const sent = shuffle(random, events(random, 200), 20);
    const users = toldSink(clients, { delivery: "at-least-once" });
    const items = sent.flatMap((line): ListItem<string>[] => [line, pause(10)]);
    const pipeline = followerMaze({ ...rules, durable: true }, { events: lineSource(items), users });
    const test = new TestRun(pipeline, { checkpointInterval: "30ms" }).start();
    const lives: number[] = [];
    for (let life = 0; life < 4; life++) {
      await test.advance(random.below(700));
      test.kill();
      lives.push(users.values.length);
      test.start();
    }
    await test.finish();
    // Everybody's bytes: what each life told follows on what was told before, or tells the end of it again.
    let told = "";
    const all = (from: number, to?: number) =>
      users.values.slice(from, to).map(({ bytes }) => Buffer.from(bytes).toString());
    for (const [life, from] of [0, ...lives].entries()) {
      const lines = all(from, lives[life]);
      const again = lines.length === 0 ? told.length : told.lastIndexOf(lines[0]!);
      const text = lines.join("");
      const kept = again < 0 ? told : told.slice(0, again);
      if (again >= 0) expect(text.startsWith(told.slice(again)) || told.slice(again).startsWith(text)).toBe(true);
      told = kept + (text.length > told.length - kept.length ? text : told.slice(kept.length));
    }
    const undisturbed = toldSink(clients);
    await drive(followerMaze(rules, { events: lineSource(sent), users: undisturbed }));
    expect(told, `seed ${seed}`).toBe(undisturbed.values.map(({ bytes }) => Buffer.from(bytes).toString()).join(""));
  }
});

test("the whole system under the seeded simulation", async () => {
  const reports = await simulateSeeds(
    {
      name: "follower-maze",
      pipeline: (world) => {
        const sent = shuffle(world.random, events(world.random, 150), 12);
        const users = toldSink(clients, { pendingRecordsMax: 7 });
        const durable = world.random.below(2) === 0;
        return followerMaze({ ...rules, durable, gapTimeoutMs: "never" }, { events: lineSource(sent), users });
      },
    },
    1,
    40,
  );
  expect(reports.filter(({ crashes }) => crashes > 0).length).toBeGreaterThan(10);
});

test("followers come and go, are stored by their numbers, and leave no number in use", () => {
  const store = keyedStore<string, number>();
  const users = new UserNumbers(store);
  const codec = followersCodec(users);
  users.begin([]);
  const ids = ["x", "c", "a", "b", "d"];
  const among = (some: Followers, list: readonly string[]) => {
    const found: string[] = [];
    some.among(list, (place) => void found.push(list[place]!));
    return found.sort();
  };
  const followers = new Followers(users);
  expect([followers.add("a"), followers.add("b"), among(followers, ids)]).toEqual([true, true, ["a", "b"]]);
  const changes = [followers.add("b"), followers.add("c"), followers.remove("a"), followers.remove("x")];
  expect(changes).toEqual([false, true, true, false]);
  // More who are asked for than followers, and fewer.
  expect([among(followers, ids), among(followers, ["c"]), among(followers, [])]).toEqual([["b", "c"], ["c"], []]);
  expect([users.of("a"), users.of("x")]).toEqual([-1, -1]);
  const others = new Followers(users);
  expect([others.add("c"), others.add("d")]).toEqual([true, true]);
  // As a restore takes them up, unused numbers included.
  const restored = new UserNumbers(store);
  const copy = followersCodec(restored).decode(codec.encode(followers));
  const otherCopy = followersCodec(restored).decode(codec.encode(others));
  restored.begin([copy.numbers, otherCopy.numbers]);
  expect([among(copy, ids), among(otherCopy, ids)]).toEqual([
    ["b", "c"],
    ["c", "d"],
  ]);
  expect([copy.remove("c"), restored.of("c") >= 0, otherCopy.remove("c"), restored.of("c")]).toEqual([
    true,
    true,
    true,
    -1,
  ]);
  expect([copy.add("e"), otherCopy.add("f"), among(copy, ["e", "f"]), among(otherCopy, ["e", "f"])]).toEqual([
    true,
    true,
    ["e"],
    ["f"],
  ]);
  expect([copy.remove("b"), copy.remove("e"), otherCopy.remove("d"), otherCopy.remove("f")]).not.toContain(false);
  expect([copy.size, otherCopy.size, store.size]).toEqual([0, 0, 0]);
});
