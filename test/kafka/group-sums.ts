/**
 * A member of a group whose pipeline keeps state by key: the sum of the numbers of each key, and after every record the
 * sum so far. `node group-sums.ts SETUP`, the setup as JSON. Records are texts, `KEY=NUMBER`; ends with code 0.
 */
import { lines, stream } from "millrace";
import { kafkaGroup, kafkaSink, kafkaSource } from "millrace/kafka";

/** How a member of the group is set. */
export interface SumsSetup {
  readonly brokers: string;
  readonly group: string;
  readonly input: string;
  readonly output: string;
  readonly untilEnd?: boolean;
  readonly transactionTimeout?: `${number}s`;
  /** Between checkpoints, with output or without. */
  readonly interval?: `${number}${"ms" | "h"}`;
}

function main(setup: SumsSetup): Promise<unknown> {
  const { brokers, group, input, output, untilEnd = false, transactionTimeout, interval = "100ms" } = setup;
  const running = stream("in", kafkaSource({ brokers, topics: input, untilEnd }))
    .decode("text", lines.text)
    .map("entry", (text) => {
      const [key = "", number] = text.split("=");
      return { key, number: Number(number) };
    })
    .keyBy("by-key", ({ key }) => key)
    .process<string>("sum", {
      kind: "sum",
      version: "1",
      open: (context) => {
        const sums = context.state<number>("sums");
        return {
          record: ({ key, number }) => {
            const sum = (sums.get() ?? 0) + number;
            sums.set(sum);
            context.emit(`${key}=${sum}`);
          },
        };
      },
    })
    .to("out", kafkaSink<string>({ brokers, topic: output, key: (text) => text.split("=")[0]!, encoder: lines.text }))
    .run({
      on: kafkaGroup({ group, transactionTimeout, commitInterval: interval }),
      checkpointInterval: interval,
      signals: true,
    });
  process.stdout.write("started\n");
  return running.done;
}

if (process.argv[2] !== undefined) await main(JSON.parse(process.argv[2]) as SumsSetup);
