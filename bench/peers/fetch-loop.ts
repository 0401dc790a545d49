// The limit of reading a topic: Millrace's own fetcher and its walk over the records, checksums included, which finds each
// value and looks at none. Arguments: brokers, topic. Prints what it saw as JSON.
import { weighBuffersWithHeap } from "../../src/command/heap-growth.ts";
import { Fetcher } from "../../src/connectors/kafka/fetcher.ts";
import { openClient } from "../../src/connectors/kafka/kafka-options.ts";
import { RecordBatches } from "../../src/connectors/kafka/record-batches.ts";
import { RecordColumns } from "../../src/connectors/kafka/record-columns.ts";
import { systemClock } from "../../src/core/clock.ts";
import { systemRandom } from "../../src/core/random.ts";

weighBuffersWithHeap();
const [brokers, topic] = process.argv.slice(2) as [string, string];
const client = openClient({ brokers, clientId: "fetch-loop" }, systemClock);
const { leaders } = (await client.topics([topic])).get(topic)!;
const places = leaders.map((_, partition) => ({ topic, partition }));
const ends = await client.offsets(places, "latest", false);
const fetchBytes = 4 * 1024 * 1024;
const fetcher = new Fetcher({
  client,
  clock: systemClock,
  random: systemRandom(),
  fetchBytes,
  inFlightBytesMax: 6 * fetchBytes,
  maxWaitMs: 500,
  committedOnly: true,
  onTrouble: () => {},
});
const left = new Set(places.map(({ partition }) => partition));
for (const place of places) fetcher.add(place, 0);
const columns = new RecordColumns(4096);
let records = 0;
let bytes = 0;
while (left.size > 0) {
  const piece = await fetcher.next();
  if ("failure" in piece) throw piece.failure;
  const batches = new RecordBatches(piece);
  while (batches.next(columns)) {
    records += columns.size;
    for (let i = 0; i < columns.size; i++) bytes += columns.bounds[2 * i + 1]! - columns.bounds[2 * i]!;
  }
  fetcher.release(piece);
  if (piece.nextOffset >= ends.get(`${topic}-${piece.place.partition}`)!) left.delete(piece.place.partition);
}
await client.close();
await fetcher.close();
process.stdout.write(`${JSON.stringify({ records, bytes })}\n`);
