import type { DeadLetter } from "../../core/dead-letter.ts";
import type { Bytes } from "./batch-builder.ts";
import type { KafkaOptions } from "./kafka-options.ts";
import { type KafkaSink, kafkaSink } from "./kafka-sink.ts";
import type { RecordHeader } from "./record-headers.ts";

/** What {@link deadLetterSink} takes. */
export interface DeadLetterSinkOptions extends KafkaOptions {
  readonly topic: string;
}

/**
 * A topic of dead letters, for `Pipeline.deadLetters`: each record's value is the refused record as it came, empty where it
 * had no bytes, so that mended ones can be fed in again. Headers, as text: `step`, `reason`, `detail` if there is one, `place`, and
 * for records that came from Kafka `topic`, `partition` and `offset`.
 */
export function deadLetterSink(options: DeadLetterSinkOptions): KafkaSink<DeadLetter> {
  return kafkaSink<DeadLetter>({
    ...options,
    encoder: { name: "dead letters", encode: ({ raw }): Bytes => raw ?? "" },
    headers: headersOf,
  });
}

function headersOf({ step, reason, detail, partition, place }: DeadLetter): RecordHeader[] {
  const fields = { step, reason, detail, place, ...kafkaPlace(partition, place) };
  return Object.entries(fields).flatMap(([name, value]): RecordHeader[] =>
    value === undefined ? [] : [[name, Buffer.from(value)]],
  );
}

/** A Kafka source calls a partition `topic-number`, and says of a record's place at which offset it is. */
function kafkaPlace(partition: string | undefined, place: string): Record<string, string> {
  const [, topic, number] = /^(.+)-(\d+)$/.exec(partition ?? "") ?? [];
  const [, offset] = /, offset (\d+)$/.exec(place) ?? [];
  return topic === undefined || number === undefined || offset === undefined
    ? {}
    : { topic, partition: number, offset };
}
