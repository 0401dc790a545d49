import type { Clock } from "../../core/clock.ts";
import type { RecordInfo } from "../../core/operator.ts";
import type { Bytes } from "./batch-builder.ts";
import type { TopicPartition } from "./client/kafka-client.ts";
import type { OutgoingRecord } from "./outgoing-record.ts";
import { partitionOfKey } from "./partitioner.ts";
import type { RecordHeader } from "./record-headers.ts";

/** What a sink's values become. */
export interface RecordSettings<T> {
  readonly topic: string;
  readonly encode: (value: T, record: RecordInfo) => Bytes;
  readonly key: ((value: T, record: RecordInfo) => Bytes | null) | undefined;
  readonly headers: ((value: T, record: RecordInfo) => readonly RecordHeader[]) | undefined;
  readonly time: "wall" | "event";
  /** So many bytes of records without a key go to one partition before the next has its turn. */
  readonly batchBytes: number;
}

/** Whatever takes records for a topic, and copies them. */
export interface RecordTaker {
  add(record: OutgoingRecord): void;
}

/** Makes records of values and gives each its partition: by its key, as Java's clients do, or in turns. */
export class TopicRecords<in T> {
  readonly #settings: RecordSettings<T>;
  readonly #places: readonly TopicPartition[];
  readonly #clock: Clock;
  readonly #taker: RecordTaker;
  /** Records without a key go to one partition until that has got a batch's worth: many small batches would cost more. */
  #turn = 0;
  #turnBytes = 0;

  constructor(settings: RecordSettings<T>, partitions: number, clock: Clock, taker: RecordTaker) {
    const { topic } = settings;
    this.#settings = settings;
    this.#places = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    this.#clock = clock;
    this.#taker = taker;
  }

  /** Hands on a value. Throws where it cannot be encoded, or is too large. */
  write(value: T, record: RecordInfo): void {
    const { encode, key: keyOf, headers, time: kind } = this.#settings;
    const bytes = encode(value, record);
    const key = keyOf?.(value, record) ?? null;
    const partition = key === null ? this.#nextTurn(bytes.length) : partitionOfKey(asBytes(key), this.#places.length);
    const isTimed = kind === "event" && Number.isFinite(record.time);
    const timestamp = isTimed ? Math.floor(record.time) : this.#clock.now();
    const place = this.#places[partition]!;
    this.#taker.add({ place, timestamp, key, value: bytes, headers: headers?.(value, record) });
  }

  #nextTurn(bytes: number): number {
    this.#turnBytes += bytes;
    if (this.#turnBytes > this.#settings.batchBytes) {
      this.#turnBytes = 0;
      this.#turn = (this.#turn + 1) % this.#places.length;
    }
    return this.#turn;
  }
}

function asBytes(key: Bytes): Uint8Array {
  return typeof key === "string" ? Buffer.from(key) : key;
}
