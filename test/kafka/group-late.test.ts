/** What comes late in a group, and what a silence lets out: each window's last word is exact, and what is left out is kept, once. */

import { expect, test } from "vitest";
import { type Random, seededRandom } from "../../src/core/random.ts";
import { CountingMembers } from "./counting-members.ts";
import { countingGroups, describeKafka } from "./describe-kafka.ts";
import { expectedCounts, Feed, lateFrames, type Partitions } from "./group-frames.ts";
import { freshTopic, readTopic } from "./kit.ts";

const partitions = 4;
/** At the full hour, in Unix seconds. */
const base = 1_750_000_000 - (1_750_000_000 % 3600);

/** Frames of some users in the seconds from `from` to `until`, rising. */
function framesIn(random: Random, from: number, until: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const ts = from + Math.floor((i * (until - from)) / count);
    return Buffer.from(JSON.stringify({ ts, uid: `u${random.below(3000)}` }));
  });
}

describeKafka("what comes late in a group", (kafka) => {
  const { brokers, client } = kafka;
  const groupOf = countingGroups(kafka);
  test("with --late update a window's last result has all that came within the allowed lateness; the rest is kept once, whoever dies", async () => {
    const allowedLateness = 90;
    const minutes = 6;
    const random = seededRandom(41);
    // In each minute the first frame closes the one before; then come late ones of a window that is out already, and of one that is over.
    const round = (minute: number): Buffer[] => {
      const at = base + 60 * minute;
      const back = (by: number) => (minute < by ? [] : framesIn(random, at - 60 * by, at - 60 * by + 59, 40));
      return [
        ...framesIn(random, at + 6, at + 7, 1),
        ...back(2),
        ...back(4),
        ...framesIn(random, at + 7, at + 60, 250),
      ];
    };
    const rounds = Array.from({ length: minutes }, (_, minute) =>
      Array.from({ length: partitions }, () => round(minute)),
    );
    const upTo = (count: number): Partitions =>
      Array.from({ length: partitions }, (_, partition) => rounds.slice(0, count).flatMap((all) => all[partition]!));
    const late = await freshTopic(client, 2);
    const args = ["--late", "update", "--allowed-lateness", `${allowedLateness}s`];
    const counting = await groupOf({ partitions, args: [...args, "--late-out", `kafka://${brokers}/${late}`] });
    const all = upTo(minutes);
    const feed = await Feed.open(client, counting.input, all);
    const names = ["a", "b"];
    const members = names.map((name) => counting.start("--instance-id", name));
    for (let minute = 0; minute < minutes; minute++) {
      const fed = upTo(minute + 1);
      await feed.upTo(fed[0]!.length / all[0]!.length);
      if (minute >= minutes - names.length) {
        const dying = minute % names.length;
        members[dying]!.kill("SIGKILL");
        await members[dying]!.ended;
        members[dying] = counting.start("--instance-id", names[dying]!);
      }
      // The results of all minutes that have ended, corrected ones too.
      const ended = (key: string) => key.endsWith("/1m") && Number.parseInt(key, 10) < base + 60 * minute;
      const expected = [...expectedCounts(fed, allowedLateness)].filter(([key]) => ended(key));
      await counting.comesTo((results) => expected.every(([key, value]) => results.get(key) === value));
    }
    await feed.close();
    for (const member of members) member.kill("SIGKILL");
    await Promise.all(members.map(({ ended }) => ended));
    await counting.runToEnd(...names.map((name) => ["--instance-id", name]));
    const corrections = await counting.expectInTheEnd(expectedCounts(all, allowedLateness));
    expect(corrections).toBeGreaterThanOrEqual(minutes - 2);
    const kept = (await readTopic(client, late)).map(({ value }) => value!).sort();
    expect(kept).toEqual(lateFrames(all, allowedLateness));
    expect(kept).toHaveLength(partitions * 40 * (minutes - 4));
  });

  test("silence lets out what is there; partitions that were silent for long come back late, or as corrections", async () => {
    const random = seededRandom(17);
    const part = (from: number, until: number) => framesIn(random, base + 60 * from, base + 60 * until, 600);
    const frames = Array.from({ length: partitions }, () => [part(0, 3), part(3, 9)] as const);
    // Minutes 0 to 2 of all; then the rest of the first; then the rest of the others.
    const upTo = (first: number, others: number): Partitions =>
      frames.map((parts, partition) => parts.slice(0, partition === 0 ? first : others).flat());
    const [begun, firstOnly, all] = [upTo(1, 1), upTo(2, 1), upTo(2, 2)].map((fed) => expectedCounts(fed, 0));
    // By the clock of the first partition, these windows are over when the others come back.
    const isOver = (key: string) => key.endsWith("/1m") && Number.parseInt(key, 10) + 60 <= base + 9 * 60 - 1 - 5;
    const dropped = new Map([...all!].map(([key, value]) => [key, isOver(key) ? firstOnly!.get(key)! : value]));
    const run = async (end: ReadonlyMap<string, string>, late: "drop" | "update") => {
      const counting = await groupOf({ partitions });
      const feed = await Feed.open(client, counting.input, upTo(2, 2));
      await feed.upTo(0.5);
      const rules = { idleMs: 1000, late, allowedLatenessMs: 7_200_000 };
      const members = await CountingMembers.start(2, counting, rules);
      await members.bringAbout(counting.comesTo(equalTo(begun!)));
      await feed.upTo(1, 0);
      await members.bringAbout(counting.comesTo(equalTo(firstOnly!)));
      await feed.upTo(1);
      await feed.close();
      await members.bringAbout(counting.comesTo(equalTo(end)));
      await members.stop();
      await counting.expectInTheEnd(end);
      return members.warnings.some((warning) => warning.includes("a part of a window came after its end"));
    };
    const told = await Promise.all([run(dropped, "drop"), run(all!, "update")]);
    expect(told).toEqual([true, false]);
  });
});

function equalTo(expected: ReadonlyMap<string, string>) {
  return (results: ReadonlyMap<string, string>): boolean =>
    expected.size === results.size && [...expected].every(([key, value]) => results.get(key) === value);
}
