import type { TopicPartition } from "../connectors/kafka/client/kafka-client.ts";
import type { TaskOutput } from "../connectors/kafka/task/task-output.ts";
import type { Sink, SinkWriter } from "../core/sink.ts";
import type { Exchanged } from "../operators/exchange/exchanged.ts";

/** The way into a topic between two stages: each record into the partition it names, or into all of them. */
export function exchangeSink(output: TaskOutput, topic: string, partitions: number): Sink<Exchanged> {
  return {
    traits: { name: `kafka ${topic}`, delivery: output.guarantee },
    open: async () => {
      // Asked before anything is added, since the topic's limit on records is learnt by it.
      await output.partitionsOf(topic);
      return new ExchangeWriter(output, topic, partitions);
    },
  };
}

class ExchangeWriter implements SinkWriter<Exchanged> {
  readonly #output: TaskOutput;
  readonly #places: readonly TopicPartition[];

  constructor(output: TaskOutput, topic: string, partitions: number) {
    this.#output = output;
    this.#places = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  }

  get full(): boolean {
    return this.#output.full;
  }

  write({ to, bytes, time }: Exchanged): void {
    if (to === "all") for (const place of this.#places) this.#add(place, time, bytes);
    else this.#add(this.#places[to]!, time, bytes);
  }

  #add(place: TopicPartition, timestamp: number, value: Uint8Array): void {
    this.#output.add({ place, timestamp, key: null, value });
  }

  drain(): Promise<void> {
    return this.#output.drain();
  }

  flush(): void {
    this.#output.flush();
  }

  /** What was written is made safe by the task's checkpoint itself. */
  async prepare(): Promise<unknown> {
    return null;
  }

  async close(): Promise<void> {}
}
