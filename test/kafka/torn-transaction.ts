/** Commits a record, sends another one in a transaction, says so and waits to be killed: BROKERS ID TOPIC. */
import { clientOf, recordOf, transactionsOf } from "./kit.ts";

const [brokers = "", id = "", topic = ""] = process.argv.slice(2);
const session = await transactionsOf(clientOf(brokers), id);
session.add(recordOf({ topic, partition: 0 }, 1, null, "kept"));
await session.commit();
for (let i = 0; i < 5000; i++) session.add(recordOf({ topic, partition: 0 }, 1, null, `torn ${i}`));
session.flush();
await session.drain();
process.stdout.write("in a transaction\n");
setInterval(() => {}, 1000);
