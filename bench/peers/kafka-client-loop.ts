// The loop that one writes first, over a topic of one partition: the client's consumer as its README shows it, JSON.parse, a
// Set a minute; until the end that the topic has at the start. Arguments: brokers, topic, group. Prints the counts as JSON
// lines.
import { Consumer } from "@platformatic/kafka";
import { MinuteSets } from "./minute-sets.ts";

const [brokers, topic, groupId] = process.argv.slice(2) as [string, string, string];
const consumer = new Consumer({ groupId, clientId: "loop", bootstrapBrokers: brokers.split(",") });
const end = (await consumer.listOffsets({ topics: [topic] })).get(topic)![0]!;
const stream = await consumer.consume({ topics: [topic], autocommit: true, mode: "earliest" });
const users = new MinuteSets();
for await (const message of stream) {
  users.take(message.value.toString());
  if (message.offset + 1n === end) break;
}
users.end();
await consumer.close(true);
for (const one of users.counts) process.stdout.write(`${JSON.stringify(one)}\n`);
