import { type KafkaClient, nameOf, type TopicPartition } from "../connectors/kafka/client/kafka-client.ts";
import type { KafkaSource } from "../connectors/kafka/kafka-source.ts";
import type { Batch, Position, Slice } from "../core/records.ts";
import type { Source, SourceContext, SourceReader, SourceTraits } from "../core/source.ts";

/** How often what has been read is dropped from the topic: nobody reads it again once its position is committed. */
const dropEveryMs = 30_000;
const dropTimeoutMs = 30_000;

/**
 * A partition of the topic between two stages, dropped behind the reader now and then. It goes on for ever, until the step that reads the senders' reports says that
 * all of them have ended: then it ends where the partition ends.
 */
export class ExchangeSource implements Source<Slice> {
  readonly traits: SourceTraits;
  readonly #inner: KafkaSource;
  readonly #client: KafkaClient;
  readonly #place: TopicPartition;
  #hasEnded = false;

  constructor(inner: KafkaSource, client: KafkaClient, place: TopicPartition) {
    this.#inner = inner;
    this.#client = client;
    this.#place = place;
    this.traits = inner.traits;
  }

  /** Nothing more will be sent. Called between two reads. */
  end(): void {
    this.#hasEnded = true;
  }

  async open(context: SourceContext): Promise<SourceReader<Slice>> {
    const reader = await this.#inner.open(context);
    let position = Number(context.resume.get(nameOf(this.#place)) ?? 0);
    let endAt: number | undefined;
    let droppedAt = context.clock.monotonic();
    const acknowledge = async (positions: ReadonlyMap<string, Position>): Promise<void> => {
      const offset = positions.get(nameOf(this.#place));
      if (offset === undefined || context.clock.monotonic() - droppedAt < dropEveryMs) return;
      droppedAt = context.clock.monotonic();
      // Nobody waits for it, and what fails is done with the next one.
      this.#client.deleteRecords([{ ...this.#place, offset: Number(offset) }], dropTimeoutMs).catch(() => {});
    };
    const read = async (): Promise<Batch<Slice> | "end"> => {
      if (this.#hasEnded) endAt ??= await this.#endOffset();
      if (endAt !== undefined && position >= endAt) return "end";
      const batch = await reader.read();
      if (batch !== "end") position = Number(batch.resume(batch.size));
      return batch;
    };
    return {
      read,
      acknowledge,
      get pending() {
        return reader.pending ?? false;
      },
      status: () => reader.status?.() ?? {},
      close: () => reader.close(),
    };
  }

  /** Where the partition ends now, behind the marker of the transaction that told the last end. */
  async #endOffset(): Promise<number> {
    return (await this.#client.offsets([this.#place], "latest", false)).get(nameOf(this.#place))!;
  }
}
