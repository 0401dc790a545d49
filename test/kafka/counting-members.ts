import type { Logger, RunningPipeline } from "millrace";
import { readOptions } from "millrace/command";
import { kafkaGroup, kafkaSink, kafkaSource } from "millrace/kafka";
import { countEncoder, countKey } from "../../systems/unique-users/counts.ts";
import { frameFormat } from "../../systems/unique-users/frame.ts";
import { options } from "../../systems/unique-users/options.ts";
import { type Count, type CountingRules, uniqueUsers } from "../../systems/unique-users/pipeline.ts";
import { sizes } from "./group-frames.ts";
import type { CountingGroup } from "./group-kit.ts";

/** Members of a group that run in this process: they are there at once, and cannot be killed. */
export class CountingMembers {
  /** What they warned of. */
  readonly warnings: string[] = [];
  readonly #running: readonly RunningPipeline[];

  private constructor(count: number, start: (logger: Logger) => RunningPipeline) {
    const warn = (message: string) => this.warnings.push(message);
    const logger: Logger = { debug: () => {}, info: () => {}, warn, error: warn };
    this.#running = Array.from({ length: count }, () => start(logger));
  }

  /** Starts so many, that count by these rules what else the tests' members count. */
  static async start(
    count: number,
    { brokers, name, input, output }: CountingGroup,
    rules: Pick<CountingRules, "idleMs" | "late" | "allowedLatenessMs">,
  ): Promise<CountingMembers> {
    const format = await frameFormat(readOptions(options, {}));
    const all = {
      windowsMs: sizes.map((size) => size * 1000),
      lagMs: 5000,
      maxFutureMs: 60_000,
      approximate: undefined,
    };
    const pipeline = uniqueUsers(
      { ...all, ...rules },
      {
        frames: kafkaSource({ brokers, topics: input }),
        format,
        counts: kafkaSink<Count>({
          brokers,
          topic: output,
          encoder: countEncoder(sizes.length),
          key: countKey(sizes.length),
        }),
      },
    );
    const on = kafkaGroup({ group: name });
    return new CountingMembers(count, (logger) => pipeline.run({ on, logger, signals: false }));
  }

  /** Waits for something that they bring about; rejects when one of them fails instead. */
  async bringAbout(work: Promise<void>): Promise<void> {
    await Promise.race([work, ...this.#running.map(({ done }) => done.then(() => work))]);
  }

  /** Stops all of them; rejects when one of them fails, or has. */
  async stop(): Promise<void> {
    for (const running of this.#running) running.stop();
    await Promise.all(this.#running.map(({ done }) => done));
  }
}
