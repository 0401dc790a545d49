import type { KafkaClient } from "../../src/connectors/kafka/client/kafka-client.ts";
import type { ProducerSession } from "../../src/connectors/kafka/producer-session.ts";
import { generateFrames } from "../../systems/unique-users/simulate/generate-frames.ts";
import type { FrameOptions } from "../../systems/unique-users/simulate/options.ts";
import { oracleOver } from "../../systems/unique-users/test-kit/oracle.ts";
import { clock, producerOf, recordOf } from "./kit.ts";

/** Frames of a topic: by partition, in order. */
export type Partitions = readonly (readonly Buffer[])[];

/** The windows that the tests count in, as the command line and as the oracle name them. */
export const windows = "1m,1h";
/** The same in seconds. */
export const sizes = [60, 3600];
const sizeNames: Readonly<Record<number, string>> = { 60: "1m", 3600: "1h" };
const lagSeconds = 5;

/** Small frames, one in 33 of them up to 20 s late, so that some come too late for their minute. Nothing hostile unless asked for. */
export async function makeFrames(options: FrameOptions): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  const usual = { bytes: 200, ratePerSecond: 100, users: 20_000, badShare: 0, futureShare: 0 };
  await generateFrames({ ...usual, ...options }, (chunk) => void chunks.push(Buffer.from(chunk)));
  return chunks.flatMap(linesOf);
}

function linesOf(chunk: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < chunk.length; ) {
    const end = chunk.indexOf(10, start);
    lines.push(chunk.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** Deals frames to so many partitions in turn. */
export function dealt(frames: readonly Buffer[], count: number): Partitions {
  return Array.from({ length: count }, (_, partition) => frames.filter((_frame, i) => i % count === partition));
}

/**
 * By key: the line that each window must come to, in the end. Late frames are left out, by each partition's own clock; with an
 * allowed lateness, in seconds, only those later than that. Without, there must be some.
 */
export function expectedCounts(partitions: Partitions, allowedLateness?: number): Map<string, string> {
  const texts = function* (frames: readonly Buffer[]) {
    for (const frame of frames) yield frame.toString();
  };
  const update = { allowedLateness: allowedLateness ?? 0 };
  const { windows: counted, late } = oracleOver(partitions.map(texts), { sizes, lag: lagSeconds, update });
  if (late === 0 && allowedLateness === undefined) throw new Error("no frame is late: these frames prove little");
  return new Map(
    counted.map(({ ts, size, cnt }) => {
      const name = sizeNames[size]!;
      return [`${ts}/${name}`, JSON.stringify({ ts, cnt, window: name })];
    }),
  );
}

/** The frames that come too late for one of their windows by the clock of their partition, in order of their bytes. */
export function lateFrames(partitions: Partitions, allowedLateness = 0): string[] {
  return partitions
    .flatMap((frames) => {
      let highest = Number.NEGATIVE_INFINITY;
      return frames.map(String).filter((frame) => {
        const ts = Number((JSON.parse(frame) as { readonly ts: number | string }).ts);
        const closed = highest - lagSeconds - allowedLateness;
        highest = Math.max(highest, ts);
        return sizes.some((size) => Math.floor(ts / size) * size + size <= closed);
      });
    })
    .sort();
}

/** Writes frames into their partitions, from where it stopped the last time. */
export class Feed {
  readonly #topic: string;
  readonly #partitions: Partitions;
  readonly #producer: ProducerSession;
  readonly #fed: number[];

  private constructor(topic: string, partitions: Partitions, producer: ProducerSession) {
    this.#topic = topic;
    this.#partitions = partitions;
    this.#producer = producer;
    this.#fed = partitions.map(() => 0);
  }

  static async open(client: KafkaClient, topic: string, partitions: Partitions): Promise<Feed> {
    return new Feed(
      topic,
      partitions,
      await producerOf(client, { batchBytes: 64 * 1024, pendingBytesMax: 1024 * 1024 }),
    );
  }

  /** Up to this share of each partition, or of one. The records' times are of now. */
  async upTo(share: number, partition?: number): Promise<void> {
    const all = this.#partitions.keys();
    const upTo = (one: number) => Math.round(share * this.#partitions[one]!.length);
    const wanted = (partition === undefined ? [...all] : [partition]).filter((one) => this.#fed[one]! < upTo(one));
    // In turns: no partition runs ahead of the others.
    while (wanted.length > 0) {
      for (const one of [...wanted]) {
        const from = this.#fed[one]!;
        const to = Math.min(upTo(one), from + turnFrames);
        for (const frame of this.#partitions[one]!.slice(from, to)) {
          this.#producer.add(recordOf({ topic: this.#topic, partition: one }, clock.now(), null, frame));
        }
        this.#fed[one] = to;
        if (to === upTo(one)) wanted.splice(wanted.indexOf(one), 1);
      }
      if (this.#producer.full) await this.#producer.drain();
    }
    await this.#producer.flushed();
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }
}

const turnFrames = 200;

/** Writes all frames at once. */
export async function fill(client: KafkaClient, topic: string, partitions: Partitions): Promise<void> {
  const feed = await Feed.open(client, topic, partitions);
  await feed.upTo(1);
  await feed.close();
}
