import { json, type Sink, stream } from "millrace";
import { kafkaSource } from "millrace/kafka";

/** Users by minute: the last line of a minute stands. */
export type Counts = ReadonlyMap<number, number>;

/** The counts in lines of JSON; other lines are passed over. */
export function countsOf(text: string): Counts {
  const counts = new Map<number, number>();
  for (const line of text.split("\n").filter((one) => one.startsWith('{"ts":'))) {
    const { ts, cnt } = JSON.parse(line) as { ts: number; cnt: number };
    counts.set(ts, cnt);
  }
  return counts;
}

/** The counts that a reader who sees only what is committed finds in a topic. */
export async function countsIn(brokers: string, topic: string): Promise<Counts> {
  const counts = new Map<number, number>();
  const list: Sink<{ readonly ts: number; readonly cnt: number }> = {
    traits: { name: "list", delivery: "at-least-once" },
    open: async () => ({
      full: false,
      write: ({ ts, cnt }) => void counts.set(ts, cnt),
      drain: async () => {},
      flush: () => {},
      prepare: async () => null,
      close: async () => {},
    }),
  };
  await stream("counts", kafkaSource({ brokers, topics: topic, untilEnd: true }))
    .decode("count", json.pick({ ts: json.int, cnt: json.int }))
    .to("list", list)
    .run({ signals: false }).done;
  return counts;
}

/** What counts come to, and whether they are right, in words. */
export function judged(counts: Counts, truth: Counts): string {
  const sum = (of: Counts) => [...of.values()].reduce((total, count) => total + count, 0);
  const what = `${counts.size} minutes, ${sum(counts).toLocaleString("en-US")} users`;
  const wrong = [...new Set([...truth.keys(), ...counts.keys()])].filter((ts) => counts.get(ts) !== truth.get(ts));
  if (wrong.length === 0) return `${what}: right`;
  const difference = sum(counts) - sum(truth);
  const sign = difference > 0 ? "+" : "";
  return `${what}: ${sign}${difference.toLocaleString("en-US")}, wrong in ${wrong.length} of ${truth.size} minutes`;
}
