import { createAPI, produceV9, Writer } from "@platformatic/kafka";
import type { ProducedBatch } from "./kafka-client.ts";

const produceKey = 0;
/** Understood by every broker since 2.8; later versions add nothing that is used. */
const produceVersion = 9;
const allReplicas = -1;

/** What the produce call takes. */
export interface ProduceRequest {
  readonly batches: readonly ProducedBatch[];
  readonly transactionalId: string | undefined;
  /** How long the node may wait for the other replicas. */
  readonly timeoutMs: number;
}

/** The produce call for batches that are encoded already; at most one batch a partition. */
export const produceCall = createAPI<[ProduceRequest], ReturnType<typeof produceV9.parseResponse>>(
  produceKey,
  produceVersion,
  createRequest,
  produceV9.parseResponse,
);

function createRequest({ batches, transactionalId, timeoutMs }: ProduceRequest): Writer {
  const topics = [...Map.groupBy(batches, (batch) => batch.topic)];
  return Writer.create()
    .appendString(transactionalId ?? null)
    .appendInt16(allReplicas)
    .appendInt32(timeoutMs)
    .appendArray(topics, (writer, [topic, parts]) => {
      writer.appendString(topic).appendArray(parts, (part, { partition, batch }) => {
        part
          .appendInt32(partition)
          .appendUnsignedVarInt(batch.length + 1)
          .append(batch);
      });
    })
    .appendTaggedFields();
}
