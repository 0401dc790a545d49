import { expect, test } from "vitest";
import { seededRandom } from "../../core/random.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { batchField, batchOverheadBytes } from "./batch-header.ts";
import type { FetchedPartition, FetchRequest, KafkaClient, TopicInfo } from "./client/kafka-client.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";
import { Fetcher } from "./fetcher.ts";

/** A batch of one record, as far as a fetcher looks at it. */
function batchAt(offset: number): Buffer {
  const batch = Buffer.alloc(batchField.records);
  batch.writeBigInt64BE(BigInt(offset), batchField.baseOffset);
  batch.writeInt32BE(batch.length - batchOverheadBytes, batchField.length);
  return batch;
}

interface Asked {
  readonly request: FetchRequest;
  readonly answer: (parts: readonly Partial<FetchedPartition>[]) => void;
  readonly fail: (failure: KafkaFailure) => void;
}

/** A fetcher of two partitions that one node leads, and what that node was asked for, to be answered by hand. */
function fetcherOfTwo() {
  const clock = new ManualClock();
  const asked: Asked[] = [];
  const told: string[] = [];
  const topics = async (): Promise<ReadonlyMap<string, TopicInfo>> =>
    new Map([["t", { name: "t", id: "id", leaders: [1, 1] }]]);
  const fetch = (_node: number, request: FetchRequest): Promise<readonly FetchedPartition[]> => {
    told.push(`asked ${request.partitions.map(({ partition, offset }) => `${partition}@${offset}`).join(" ")}`);
    const { promise, resolve, reject } = Promise.withResolvers<readonly FetchedPartition[]>();
    const answer: Asked["answer"] = (parts) =>
      resolve(
        parts.map((part) => ({
          topicId: "id",
          partition: 0,
          error: undefined,
          endOffset: 100,
          stableOffset: 100,
          aborted: [],
          bytes: Buffer.alloc(0),
          ...part,
        })),
      );
    asked.push({ request, answer, fail: reject });
    return promise;
  };
  const fetcher = new Fetcher({
    client: { topics, fetch, release: () => {} } as unknown as KafkaClient,
    clock,
    random: seededRandom(1),
    fetchBytes: 1000,
    inFlightBytesMax: 6000,
    maxWaitMs: 500,
    committedOnly: false,
    onTrouble: ({ code }) => told.push(code),
  });
  fetcher.add({ topic: "t", partition: 0 }, 0);
  fetcher.add({ topic: "t", partition: 1 }, 0);
  const take = async () => {
    const piece = await fetcher.next();
    told.push(
      "failure" in piece ? `failed ${piece.place.partition}` : `got ${piece.place.partition}@${piece.fromOffset}`,
    );
  };
  /** A connection that ends answers what is under way, too. */
  const close = async () => {
    const closed = fetcher.close();
    for (const { fail } of asked) fail(new KafkaFailure("NETWORK", "closed", true));
    await closed;
  };
  return { asked, clock, close, take, told };
}

test("more is asked for before what came is given, so that it comes while that is worked on", async () => {
  const { asked, clock, close, take, told } = fetcherOfTwo();
  const taken = take();
  await clock.advance(0);
  asked[0]!.answer([{ partition: 0, bytes: batchAt(0) }]);
  await taken;
  expect(told).toEqual(["asked 0@0 1@0", "asked 0@1 1@0", "got 0@0"]);
  await close();
});

test("a fetch comes back soon only when it leaves out a partition that may be asked for again before", async () => {
  const { asked, clock, close, take } = fetcherOfTwo();
  await clock.advance(0);
  for (const offset of [0, 1]) {
    asked[offset]!.answer([{ partition: 0, bytes: batchAt(offset) }]);
    await clock.advance(0);
  }
  await take();
  await take();
  asked[2]!.answer([]);
  await clock.advance(0);
  const waits = asked.map(({ request }) => [request.partitions.length, request.maxWaitMs]);
  expect(waits).toEqual([
    [2, 500],
    [2, 500],
    [1, 10],
    [2, 500],
  ]);
  await close();
});

test("what came beside a failure is given before the node is asked again", async () => {
  const { asked, clock, close, take, told } = fetcherOfTwo();
  const taken = take();
  await clock.advance(0);
  asked[0]!.answer([
    { partition: 0, bytes: batchAt(0) },
    { partition: 1, error: "NOT_LEADER_OR_FOLLOWER" },
  ]);
  await taken;
  expect(told).toEqual(["asked 0@0 1@0", "NOT_LEADER_OR_FOLLOWER", "got 0@0"]);
  await clock.advance(20);
  expect(told.at(-1)).toBe("asked 1@0 0@1");
  await close();
});
