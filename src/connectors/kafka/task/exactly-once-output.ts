import type { PartitionOffset } from "../client/kafka-client.ts";
import type { OutgoingRecord } from "../outgoing-record.ts";
import type { TransactionSession } from "../transaction-session.ts";
import type { TaskOutput } from "./task-output.ts";

/**
 * One transaction an interval. Offsets are committed from outside of the group's members: the transactional id fences
 * whoever had the partition before, so that membership adds nothing, and a rebalance under way cannot fail a commit.
 */
export class ExactlyOnceOutput implements TaskOutput {
  readonly guarantee = "exactly-once";
  readonly #session: TransactionSession;
  readonly #group: string;

  constructor(session: TransactionSession, group: string) {
    this.#session = session;
    this.#group = group;
  }

  get full(): boolean {
    return this.#session.full;
  }

  get cutFull(): boolean {
    return this.#session.cutFull;
  }

  partitionsOf(topic: string): Promise<number> {
    return this.#session.partitionsOf(topic);
  }

  add(record: OutgoingRecord): void {
    this.#session.add(record);
  }

  addToCut(record: OutgoingRecord): void {
    this.#session.addToCut(record);
  }

  flush(): void {
    this.#session.flush();
  }

  drain(): Promise<void> {
    return this.#session.drain();
  }

  cut(): void {
    this.#session.cut();
  }

  drainCut(): Promise<void> {
    return this.#session.drainCut();
  }

  commit(offsets: readonly PartitionOffset[]): Promise<void> {
    const member = { groupId: this.#group, memberId: "", generation: -1, instanceId: undefined };
    return this.#session.commit([{ member, offsets }]);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
