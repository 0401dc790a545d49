/**
 * Apache Kafka on this machine, for tests and for trying things out.
 *
 *     npm run kafka [-- --port N] [--data FOLDER]    a broker until Ctrl-C, on 9092 if that is free
 *     npm run kafka -- topics|groups|transactions [ARGUMENT]...
 *                                                the broker's own tools
 *     npm run kafka -- read TOPIC [ARGUMENT]...      its console consumer, from the beginning, read committed
 *
 * With KAFKA_BROKERS set, that broker is used and none is started.
 */
import { parseArgs } from "node:util";
import { startBroker } from "./kafka/broker.ts";
import { consoleTools, runConsoleTool } from "./kafka/console-tools.ts";
import { endWithParent } from "./kafka/end-with-parent.ts";
import { brokersAtHand, rememberBroker } from "./kafka/running.ts";

const tell = (text: string) => void process.stderr.write(`${text}\n`);

async function serve(args: readonly string[]): Promise<number> {
  const options = { port: { type: "string", default: "9092" }, data: { type: "string" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (process.env.KAFKA_BROKERS) {
    tell(`KAFKA_BROKERS is set: using ${process.env.KAFKA_BROKERS}, starting none`);
    return 0;
  }
  const broker = await startBroker({ port: Number(values.port), dataFolder: values.data, tell });
  const forget = rememberBroker(broker.brokers);
  const stop = () => void broker.stop().catch((error: Error) => tell(error.message));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const watch = endWithParent(stop);
  tell(`Kafka is ready on ${broker.brokers}; Ctrl-C stops it${values.data === undefined ? " and drops its data" : ""}`);
  await broker.ended;
  watch.cancel();
  forget();
  return 0;
}

async function main([command, ...args]: readonly string[]): Promise<number> {
  if (command === undefined || command.startsWith("-")) return serve(process.argv.slice(2));
  if (!Object.hasOwn(consoleTools, command) || (command === "read" && args.length === 0)) {
    tell("usage: npm run kafka [-- [--port N] [--data FOLDER] | topics|groups|transactions|read TOPIC [ARGUMENT]...]");
    return 1;
  }
  return (await runConsoleTool(command, brokersAtHand(), args)).code;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
