import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nameOf, type TopicPartition } from "../client/kafka-client.ts";
import { assignSticky, type Member, withoutOwned } from "./assign.ts";
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from "./subscription.ts";

const partitionsOf = (topic: string, count: number): TopicPartition[] =>
  Array.from({ length: count }, (_, partition) => ({ topic, partition }));

const newcomer = (memberId: string): Member => ({ memberId, topics: ["t"], owned: [], generation: -1 });

/** Rounds of rebalancing as members go through them, until nothing moves. */
function settle(members: readonly Member[], partitions: readonly TopicPartition[]) {
  let now = members;
  for (let generation = 10; ; generation++) {
    if (generation > 20) throw new Error("the group does not settle");
    const given = withoutOwned(assignSticky(now, partitions), now);
    const names = [...given.values()].flat().map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    const isRevoked = now.some(({ memberId, owned }) => {
      const mine = new Set(given.get(memberId)!.map(nameOf));
      return owned.some((place) => !mine.has(nameOf(place)));
    });
    now = now.map((member) => ({ ...member, owned: given.get(member.memberId)!, generation }));
    if (!isRevoked) return now;
  }
}

describe("sharing partitions", () => {
  test("evenly, all of them, whatever members come and go; what can stay stays", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }),
        (count, steps) => {
          const partitions = partitionsOf("t", count);
          let members: readonly Member[] = [newcomer("m0")];
          for (const [i, step] of steps.entries()) {
            const isGone = step % 2 === 1 && members.length > 1;
            const before = new Map(members.map((member) => [member.memberId, member.owned]));
            members = isGone
              ? members.filter((_, at) => at !== step % members.length)
              : [...members, newcomer(`m${i + 1}`)];
            members = settle(members, partitions);
            const sizes = members.map(({ owned }) => owned.length);
            expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count);
            expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
            for (const { memberId, owned } of members) {
              const kept = (before.get(memberId) ?? []).filter((place) =>
                owned.some((now) => nameOf(now) === nameOf(place)),
              );
              expect(kept.length).toBeGreaterThanOrEqual(Math.min(before.get(memberId)?.length ?? 0, owned.length));
            }
          }
        },
      ),
    );
  });

  test("each topic by itself: nobody gets all of one and nothing of another, and the sums are even too", () => {
    const counts = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 6 }), ([frames, exchange], last) => {
        const partitions = [...partitionsOf("frames", frames), ...partitionsOf("exchange", exchange)];
        let members: readonly Member[] = [];
        const spans = (counted: (topic: string) => boolean) => {
          const sizes = members.map(({ owned }) => owned.filter(({ topic }) => counted(topic)).length);
          return Math.max(...sizes) - Math.min(...sizes);
        };
        for (let i = 0; i < last; i++) {
          members = settle([...members, { ...newcomer(`m${i}`), topics: ["frames", "exchange"] }], partitions);
          expect(spans((topic) => topic === "frames")).toBeLessThanOrEqual(1);
          expect(spans((topic) => topic === "exchange")).toBeLessThanOrEqual(1);
          expect(spans(() => true)).toBeLessThanOrEqual(1);
          const settled = members.map(({ owned }) => owned.map(nameOf).sort());
          members = settle(members, partitions);
          expect(members.map(({ owned }) => owned.map(nameOf).sort())).toEqual(settled);
        }
      }),
    );
  });

  test("who has to give some up keeps what it has had longest", () => {
    const owned = [5, 4, 0, 1].map((partition) => ({ topic: "t", partition }));
    const members = [{ ...newcomer("a"), owned, generation: 3 }, newcomer("b")];
    const given = assignSticky(members, partitionsOf("t", 6));
    expect(given.get("a")!.map(nameOf)).toEqual(["t-5", "t-4", "t-0"]);
  });

  test("a partition that changes hands is free for one round: two never have it at once", () => {
    const holder: Member = { memberId: "a", topics: ["t"], owned: partitionsOf("t", 4), generation: 1 };
    const members = [holder, newcomer("b")];
    const first = withoutOwned(assignSticky(members, holder.owned), members);
    expect(first.get("a")).toHaveLength(2);
    expect(first.get("b")).toHaveLength(0);
  });

  test("of two claims on one partition the later generation's holds", () => {
    const stale: Member = { memberId: "a", topics: ["t"], owned: partitionsOf("t", 2), generation: 1 };
    const fresh: Member = { memberId: "b", topics: ["t"], owned: partitionsOf("t", 1), generation: 2 };
    const given = withoutOwned(assignSticky([stale, fresh], partitionsOf("t", 2)), [stale, fresh]);
    expect(given.get("b")).toEqual(partitionsOf("t", 1));
    expect(given.get("a")).toEqual([{ topic: "t", partition: 1 }]);
  });

  test("who does not want a topic gets nothing of it", () => {
    const members = [newcomer("a"), { ...newcomer("b"), topics: ["u"] }];
    const given = assignSticky(members, [...partitionsOf("t", 2), ...partitionsOf("u", 1)]);
    expect(given.get("a")!.map(nameOf)).toEqual(["t-0", "t-1"]);
    expect(given.get("b")!.map(nameOf)).toEqual(["u-0"]);
  });
});

describe("what members tell each other", () => {
  test("subscriptions and assignments come back as they were", () => {
    const owned = [...partitionsOf("a", 2), ...partitionsOf("b", 1)];
    const subscription = { topics: ["a", "b"], owned, generation: 7 };
    expect(decodeSubscription(encodeSubscription(subscription))).toEqual(subscription);
    expect(decodeAssignment(encodeAssignment(owned))).toEqual(owned);
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([]);
  });

  test("byte by byte as Kafka's consumer protocol has them", () => {
    expect(encodeAssignment([{ topic: "t", partition: 3 }]).toString("hex")).toBe(
      ["0002", "00000001", "000174", "00000001", "00000003", "ffffffff"].join(""),
    );
    expect(
      encodeSubscription({ topics: ["t"], owned: [{ topic: "t", partition: 3 }], generation: 5 }).toString("hex"),
    ).toBe(
      ["0002", "00000001", "000174", "ffffffff", "00000001", "000174", "00000001", "00000003", "00000005"].join(""),
    );
  });
});
