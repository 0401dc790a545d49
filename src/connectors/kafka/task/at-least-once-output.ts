import type { PartitionOffset } from "../client/kafka-client.ts";
import type { OutgoingRecord } from "../outgoing-record.ts";
import type { ProducerSession } from "../producer-session.ts";
import type { ExactlyOnceOutput } from "./exactly-once-output.ts";
import type { TaskOutput } from "./task-output.ts";

/**
 * Results by an idempotent producer, which readers see as soon as they are there. Books, that is the changelog and the
 * offsets, in a transaction of their own, committed once the results before them are acknowledged by all replicas in sync:
 * so state and offset always fit each other, no result is lost, and after a crash those of one interval come twice.
 */
export class AtLeastOnceOutput implements TaskOutput {
  readonly guarantee = "at-least-once";
  readonly #results: ProducerSession;
  readonly #books: ExactlyOnceOutput;

  constructor(results: ProducerSession, books: ExactlyOnceOutput) {
    this.#results = results;
    this.#books = books;
  }

  get full(): boolean {
    return this.#results.full || this.#books.full;
  }

  get cutFull(): boolean {
    return this.#books.cutFull;
  }

  async partitionsOf(topic: string): Promise<number> {
    const [partitions] = await Promise.all([this.#results.partitionsOf(topic), this.#books.partitionsOf(topic)]);
    return partitions;
  }

  add(record: OutgoingRecord): void {
    this.#results.add(record);
  }

  addToCut(record: OutgoingRecord): void {
    this.#books.addToCut(record);
  }

  flush(): void {
    this.#results.flush();
  }

  async drain(): Promise<void> {
    await this.#results.drain();
    await this.#books.drain();
  }

  /** For results there is no transaction to wait for: what comes after the cut may go out at once. */
  cut(): void {
    this.#results.cut();
    this.#results.openRound();
    this.#books.cut();
  }

  drainCut(): Promise<void> {
    return this.#books.drainCut();
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    await this.#results.cutFlushed();
    await this.#books.commit(offsets);
  }

  async close(): Promise<void> {
    await this.#results.close();
    await this.#books.close();
  }
}
