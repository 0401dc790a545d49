import { createLogger, type DeadLetter, rawLines, type Sink, type Slice, type Source } from "millrace";
import { kafkaAddress, kafkaConnector, type RunPlace, workerNumber } from "millrace/command";
import { countEncoder, countKey } from "./counts.ts";
import type { UniqueUsersValues } from "./options.ts";
import type { Count } from "./pipeline.ts";

type Kafka = Awaited<ReturnType<typeof kafkaConnector>>;

/** Kafka's part in a run of unique-users: topics in the place of files, and the group it runs in. */
export class Topics {
  readonly #kafka: Kafka;
  readonly #values: UniqueUsersValues;

  private constructor(kafka: Kafka, values: UniqueUsersValues) {
    this.#kafka = kafka;
    this.#values = values;
  }

  /** Rejects with `ML1002` where the connector is not installed. */
  static async open(values: UniqueUsersValues): Promise<Topics> {
    return new Topics(await kafkaConnector(), values);
  }

  /** Makes the topics that are written to where they are missing, as the cluster makes topics, and says so. */
  async prepare(addresses: readonly string[]): Promise<void> {
    const logger = createLogger({ level: this.#values.log });
    const tell = (message: string) => logger.warn(message);
    for (const address of addresses) {
      const place = this.#at(address);
      const { topic } = place;
      const { made, partitions } = await this.#kafka.ensureTopic({ ...place, tell });
      if (made)
        logger.info(`topic ${topic} was made just now, with ${partitions} partition${partitions === 1 ? "" : "s"}`);
    }
  }

  frames(address: string): Source<Slice> {
    const { topic: topics, ...cluster } = this.#at(address);
    const { group, start, "until-end": untilEnd } = this.#values;
    return this.#kafka.kafkaSource({ ...cluster, topics, group, start, untilEnd });
  }

  /** Keyed by window, so that a correction takes the place of what it corrects when the topic is compacted. */
  counts(address: string): Sink<Count> {
    const sizes = this.#values.window.length;
    const encoder = countEncoder(sizes);
    return this.#kafka.kafkaSink<Count>({ ...this.#at(address), encoder, key: countKey(sizes) });
  }

  late(address: string): Sink<unknown> {
    return this.#kafka.kafkaSink({ ...this.#at(address), encoder: rawLines });
  }

  deadLetters(address: string): Sink<DeadLetter> {
    return this.#kafka.deadLetterSink(this.#at(address));
  }

  /** A topic, and all that it takes to reach its cluster. */
  #at(address: string) {
    return { ...kafkaAddress(address), ...this.#values["kafka-config"], clientId };
  }

  /** The group that the run is a member of. */
  place(): RunPlace {
    const { group, workers, "at-least-once": atLeastOnce, "instance-id": instanceId } = this.#values;
    const guarantee = atLeastOnce ? "at-least-once" : "exactly-once";
    return { on: this.#kafka.kafkaGroup({ group, guarantee, instanceId: ownInstance(instanceId) }), workers };
  }
}

/** Threads of one process are members of their own. */
function ownInstance(instanceId: string | undefined): string | undefined {
  const worker = workerNumber();
  return instanceId === undefined || worker === undefined ? instanceId : `${instanceId}-${worker}`;
}

const clientId = "millrace-unique-users";
