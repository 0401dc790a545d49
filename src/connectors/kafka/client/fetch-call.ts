import { createAPI, fetchV15, type Reader } from "@platformatic/kafka";
import type { AbortedTransaction } from "../aborted-ranges.ts";
import { check, errorName } from "./failures.ts";
import type { FetchedPartition, FetchRequest } from "./kafka-client.ts";

const fetchKey = 1;
/** Topics by id, and no replica fields: understood by every broker since 3.5. */
const fetchVersion = 15;
const uncommitted = 0;
const committed = 1;

type FetchTopics = Parameters<typeof fetchV15.createRequest>[6];

/** The fetch call, its records left as bytes. */
export const fetchCall = createAPI<[FetchRequest], readonly FetchedPartition[]>(
  fetchKey,
  fetchVersion,
  (request: FetchRequest) =>
    fetchV15.createRequest(
      request.maxWaitMs,
      1,
      request.bytesMax,
      request.committedOnly ? committed : uncommitted,
      0,
      -1,
      topicsOf(request),
      [],
      "",
    ),
  (_correlation, _key, _version, reader) => readResponse(reader),
);

/** The partitions topic by topic, which keeps their order within each. */
function topicsOf({ partitions }: FetchRequest): FetchTopics {
  const topics = new Map<string, FetchTopics[number]["partitions"]>();
  for (const { topicId, partition, offset, bytesMax } of partitions) {
    let list = topics.get(topicId);
    if (list === undefined) topics.set(topicId, (list = []));
    const fetchOffset = BigInt(offset);
    list.push({ partition, currentLeaderEpoch: -1, fetchOffset, lastFetchedEpoch: -1, partitionMaxBytes: bytesMax });
  }
  return [...topics].map(([topicId, list]) => ({ topicId, partitions: list }));
}

function readResponse(reader: Reader): FetchedPartition[] {
  reader.readInt32();
  check(reader.readInt16(), "a fetch was refused");
  reader.readInt32();
  const topics = reader.readArray((topic) => {
    const topicId = topic.readUUID();
    return topic.readArray((partition) => readPartition(partition, topicId), true, true);
  });
  return topics.flat();
}

function readPartition(reader: Reader, topicId: string): FetchedPartition {
  const partition = reader.readInt32();
  const error = errorName(reader.readInt16());
  const endOffset = Number(reader.readInt64());
  const stableOffset = Number(reader.readInt64());
  reader.readInt64();
  const aborted = reader.readNullableArray((entry): AbortedTransaction => {
    return { producerId: entry.readInt64(), firstOffset: Number(entry.readInt64()) };
  });
  reader.readInt32();
  const length = reader.readUnsignedVarInt() - 1;
  // A copy only when the records came in several pieces. No records lie in the message too, for the sake of its memory.
  const { buffer, position } = reader;
  const bytes =
    length > 0 ? buffer.slice(position, position + length) : buffer.slice(position - 1, position).subarray(0, 0);
  if (length > 0) reader.skip(length);
  return { topicId, partition, error, endOffset, stableOffset, aborted: aborted ?? [], bytes };
}
