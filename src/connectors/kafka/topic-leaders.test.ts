import { expect, test } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import type { KafkaClient, TopicInfo } from "./client/kafka-client.ts";
import { TopicLeaders } from "./topic-leaders.ts";

/** One that goes on asking while topic `t` has no leader; `leader` tells who leads it at a time, `asked` when it was asked. */
function watched(leader: (nowMs: number) => number): { asked: number[]; clock: ManualClock; leaders: TopicLeaders } {
  const clock = new ManualClock();
  const asked: number[] = [];
  const topics = async (): Promise<ReadonlyMap<string, TopicInfo>> => {
    asked.push(clock.monotonic());
    return new Map([["t", { name: "t", id: "1", leaders: [leader(clock.monotonic())] }]]);
  };
  const leaders: TopicLeaders = new TopicLeaders({
    client: { topics } as unknown as KafkaClient,
    clock,
    topics: () => ["t"],
    onKnown: () => {
      if (leaders.of({ topic: "t", partition: 0 }) === undefined) leaders.refresh();
    },
    onFailure: (failure) => expect.unreachable(failure.message),
    onTrouble: () => {},
    signal: new AbortController().signal,
  });
  return { asked, clock, leaders };
}

test("a missing leader is asked for soon, then less often, and soon again the next time", async () => {
  const { asked, clock, leaders } = watched((nowMs) => (nowMs < 400 || (nowMs >= 1000 && nowMs < 1025) ? -1 : 7));
  leaders.refresh();
  await clock.advance(1000);
  expect(asked).toEqual([0, 10, 30, 70, 150, 250, 350, 450]);
  expect(leaders.of({ topic: "t", partition: 0 })).toBe(7);
  leaders.refresh();
  await clock.advance(1000);
  expect(asked.slice(8)).toEqual([1000, 1010, 1030]);
});
