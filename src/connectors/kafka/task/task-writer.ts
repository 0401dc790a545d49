import type { RecordInfo } from "../../../core/operator.ts";
import { systemRandom } from "../../../core/random.ts";
import type { SinkContext, SinkWriter } from "../../../core/sink.ts";
import { openPatience } from "../open-patience.ts";
import { retrying } from "../retrying.ts";
import { type RecordSettings, TopicRecords } from "../topic-records.ts";
import { unwritable } from "../unwritable.ts";
import type { TaskOutput } from "./task-output.ts";

/** Writes one topic as part of a task's output. It prepares nothing, since the task's store commits what the output holds. */
export class TaskWriter<T> implements SinkWriter<T> {
  readonly #topic: string;
  readonly #output: TaskOutput;
  readonly #records: TopicRecords<T>;

  private constructor(topic: string, output: TaskOutput, records: TopicRecords<T>) {
    this.#topic = topic;
    this.#output = output;
    this.#records = records;
  }

  static async open<T>(
    { clock, meter, signal }: SinkContext,
    output: TaskOutput,
    settings: RecordSettings<T>,
  ): Promise<TaskWriter<T>> {
    const { topic } = settings;
    const also = ["UNKNOWN_TOPIC_OR_PARTITION"];
    const tell = (message: string) => meter.warn("kafka", message);
    const patience = openPatience({ clock, random: systemRandom(), signal, also, tell });
    try {
      const partitions = await retrying(() => output.partitionsOf(topic), patience);
      return new TaskWriter(topic, output, new TopicRecords(settings, partitions, clock, output));
    } catch (cause) {
      throw unwritable(topic, cause);
    }
  }

  get full(): boolean {
    return this.#output.full;
  }

  write(value: T, record: RecordInfo): void {
    this.#records.write(value, record);
  }

  flush(): void {
    this.#output.flush();
  }

  async drain(): Promise<void> {
    try {
      await this.#output.drain();
    } catch (cause) {
      throw unwritable(this.#topic, cause);
    }
  }

  async prepare(): Promise<unknown> {
    return null;
  }

  /** The output is its owner's to close. */
  async close(): Promise<void> {}
}
