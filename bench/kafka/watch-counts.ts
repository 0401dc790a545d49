import { json, type Sink, stream } from "millrace";
import { kafkaSource } from "millrace/kafka";

/** A result as a reader saw it. */
export interface SeenCount {
  /** The beginning of its window, in seconds of event time. */
  readonly ts: number;
  readonly cnt: number;
  /** When it was seen, in ms since the epoch. */
  readonly atMs: number;
}

/** Reads a topic of results as they are committed, until it is stopped. */
export function watchCounts(brokers: string, topic: string) {
  const seen: SeenCount[] = [];
  const note: Sink<{ readonly ts: number; readonly cnt: number }> = {
    traits: { name: "note", delivery: "at-least-once" },
    open: async () => ({
      full: false,
      write: ({ ts, cnt }) => void seen.push({ ts, cnt, atMs: Date.now() }),
      drain: async () => {},
      flush: () => {},
      prepare: async () => null,
      close: async () => {},
    }),
  };
  const job = stream("counts", kafkaSource({ brokers, topics: topic }))
    .decode("count", json.pick({ ts: json.int, cnt: json.int }))
    .to("note", note)
    .run({ signals: false });
  return {
    seen: seen as readonly SeenCount[],
    stop: async () => {
      job.stop();
      await job.done;
    },
  };
}
