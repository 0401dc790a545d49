import { CodedError } from "../../core/errors.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { batchField } from "./batch-header.ts";
import { nameOf, type ProducerIdentity, type TopicPartition } from "./client/kafka-client.ts";
import type { Compression } from "./compression.ts";
import type { OutgoingRecord } from "./outgoing-record.ts";
import type { RecordHeader } from "./record-headers.ts";

/** A batch ready to be sent. */
export interface SealedBatch {
  readonly bytes: Buffer;
  /** What it counted for while it was written, given back when it is acknowledged. */
  readonly pendingBytes: number;
  /** The share it belongs to, counted from 0. */
  readonly round: number;
  /** The youngest time of its records. */
  readonly maxTimestamp: number;
}

/** How batches are made. */
export interface BatchSettings {
  readonly compression: Compression;
  /** A batch is sealed when it has reached so many bytes before compression. */
  readonly batchBytes: number;
  /** What the broker takes of one batch, after compression. */
  readonly batchBytesMax: number;
  readonly transactional: boolean;
}

/** A record that no broker would take: `ML4003`. */
export class RecordTooLarge extends CodedError {
  constructor(place: TopicPartition, bytes: number, bytesMax: number) {
    const { topic } = place;
    const enough = 2 ** Math.ceil(Math.log2(bytes));
    super(
      "ML4003",
      `a record for ${topic} makes a batch of ${bytes} bytes, and the topic takes ${bytesMax} (max.message.bytes): let it take more ` +
        `(kafka-configs --alter --entity-type topics --entity-name ${topic} --add-config max.message.bytes=${enough})`,
    );
    this.name = "RecordTooLarge";
  }
}

/** What headers take at the most: text of three bytes a character, and two lengths each. */
function headerBytesMax(headers: readonly RecordHeader[]): number {
  let bytes = 0;
  for (const [name, value] of headers) bytes += 10 + 3 * name.length + (value?.length ?? 0);
  return bytes;
}

const noHeaders: readonly RecordHeader[] = [];
const sequenceModulus = 0x8000_0000;

/** What is on its way into one partition: a batch being written, and sealed ones in order. */
export class PartitionOutput {
  readonly place: TopicPartition;
  readonly sealed: SealedBatch[] = [];
  /** Whether its first sealed batch is being sent. */
  inFlight = false;
  readonly #settings: BatchSettings;
  readonly #builder: BatchBuilder;
  #producer: ProducerIdentity;
  #sequence = 0;
  /** The round of the newest record. */
  #round = 0;

  constructor(place: TopicPartition, settings: BatchSettings, producer: ProducerIdentity) {
    this.place = place;
    this.#producer = producer;
    this.#settings = settings;
    this.#builder = new BatchBuilder(Math.min(settings.batchBytes, 64 * 1024));
  }

  /** Whether a batch is being written. */
  get open(): boolean {
    return this.#builder.count > 0;
  }

  /** Writes a record and gives the bytes it takes. Rounds come in order. Throws {@link RecordTooLarge}. */
  add(record: OutgoingRecord, round: number): number {
    const { timestamp, key, value, headers = noHeaders } = record;
    const { batchBytes, batchBytesMax } = this.#settings;
    if (round < this.#round) throw new RangeError(`${nameOf(this.place)} has records of a later share already`);
    if (round > this.#round) this.seal();
    this.#round = round;
    const upperBound = 64 + 3 * ((key?.length ?? 0) + (value?.length ?? 0)) + headerBytesMax(headers);
    if (upperBound > batchBytesMax / 2) return this.#addAlone(record);
    if (this.#builder.size + upperBound > batchBytesMax) this.seal();
    const before = this.open ? this.#builder.size : 0;
    this.#builder.add(timestamp, key, value, headers);
    const added = this.#builder.size - before;
    if (this.#builder.size >= batchBytes) this.seal();
    return added;
  }

  /** Ends the batch being written, if there is one. */
  seal(): void {
    const builder = this.#builder;
    if (builder.count === 0) return;
    this.#push(this.#sealed(builder), builder);
    this.#sequence = (this.#sequence + builder.count) % sequenceModulus;
    builder.clear();
  }

  /** Forgets everything, and begins to count from 0 as a producer with a new epoch does. */
  reset(producer: ProducerIdentity): void {
    this.#producer = producer;
    this.sealed.length = 0;
    this.#builder.clear();
    this.#sequence = 0;
    this.inFlight = false;
  }

  /** A record that may be too large gets a batch of its own, packed at once, so that it is refused before it is taken. */
  #addAlone({ timestamp, key, value, headers }: OutgoingRecord): number {
    this.seal();
    const { batchBytesMax } = this.#settings;
    const builder = new BatchBuilder(batchField.records);
    builder.add(timestamp, key, value, headers);
    const bytes = this.#sealed(builder);
    if (bytes.length > batchBytesMax) throw new RecordTooLarge(this.place, bytes.length, batchBytesMax);
    this.#push(bytes, builder);
    this.#sequence = (this.#sequence + 1) % sequenceModulus;
    return builder.size;
  }

  #push(bytes: Buffer, { size, maxTimestamp }: BatchBuilder): void {
    this.sealed.push({ bytes, pendingBytes: size, round: this.#round, maxTimestamp });
  }

  #sealed(builder: BatchBuilder): Buffer {
    const { id, epoch } = this.#producer;
    const { compression, transactional } = this.#settings;
    const baseSequence = this.#sequence;
    return builder.seal({ compression, producerId: id, producerEpoch: epoch, baseSequence, transactional });
  }
}
