import type { RecordInfo } from "../core/operator.ts";
import type { Sink } from "../core/sink.ts";

/** A record as it came to the sink, with what was known of it. */
export interface Noted<T> {
  readonly value: T;
  readonly key: unknown;
  readonly time: number;
  readonly place: string;
  readonly partition: string | undefined;
}

/** Keeps each record with its key, event time and place: what `memorySink` leaves out. */
export function notingSink<T>(): Sink<T> & { readonly noted: Noted<T>[] } {
  const noted: Noted<T>[] = [];
  const note = (value: T, record: RecordInfo) =>
    noted.push({
      value,
      key: record.key,
      time: record.time,
      place: record.describe(),
      partition: record.partition?.name,
    });
  return {
    noted,
    traits: { name: "notes", delivery: "at-least-once" },
    open: async () => ({
      write: (value, record) => void note(value, record),
      full: false,
      drain: async () => {},
      flush: () => {},
      prepare: async () => null,
      close: async () => {},
    }),
  };
}
