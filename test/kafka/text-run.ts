import { type Logger, lines, type RunningPipeline, stream } from "millrace";
import { type KafkaGroupOptions, type KafkaOptions, kafkaGroup, kafkaSink, kafkaSource } from "millrace/kafka";
import { sleep } from "../../src/core/clock.ts";
import { clock } from "./kit.ts";

const lookEveryMs = 50;

/** What a run of the tests reads and writes. */
export interface TextRunOptions extends KafkaOptions {
  readonly input: string;
  readonly output: string;
  readonly untilEnd?: boolean;
  /** The group it is a member of; without one it runs on its own. */
  readonly group?: KafkaGroupOptions | undefined;
}

/** A pipeline that runs in this process and hands texts on from topic to topic, with what it told. */
export class TextRun {
  readonly log: string[] = [];
  readonly running: RunningPipeline;
  #told = Promise.withResolvers<void>();

  constructor({ input, output, untilEnd = false, group, ...cluster }: TextRunOptions) {
    const tell = (message: string) => {
      this.log.push(message);
      this.#told.resolve();
      this.#told = Promise.withResolvers();
    };
    const logger: Logger = { debug: () => {}, info: tell, warn: tell, error: tell };
    this.running = stream("in", kafkaSource({ ...cluster, topics: input, untilEnd }))
      .decode("text", lines.text)
      .to("out", kafkaSink<string>({ ...cluster, topic: output, encoder: lines.text }))
      .run({ on: group === undefined ? undefined : kafkaGroup(group), logger, signals: false });
    this.running.done.catch(() => this.#told.resolve());
  }

  /** Resolves when it has told such a thing; rejects when it fails instead. */
  async told(what: RegExp): Promise<void> {
    while (!this.log.some((line) => what.test(line))) {
      await this.#unlessFailed();
      await this.#told.promise;
    }
  }

  /** Resolves when it is so; rejects when the run fails instead. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) {
      await this.#unlessFailed();
      await sleep(clock, lookEveryMs);
    }
  }

  async #unlessFailed(): Promise<void> {
    if (this.running.status().state === "failed") await this.running.done;
  }
}
