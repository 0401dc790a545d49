import {
  type Aggregated,
  count,
  csv,
  type DeadLetter,
  distinct,
  json,
  type Key,
  type LateRecord,
  lines,
  max,
  mean,
  type Operator,
  type Pipeline,
  type ProcessContext,
  type Processor,
  type Sink,
  type Slice,
  type Source,
  type Stream,
  stream,
  sum,
  tumbling,
  type WindowInfo,
} from "millrace";

/** What the types of a pipeline must be, exactly. Nothing here runs: the compiler is the test. */

/** Whether two types are one and the same: `any` is the same as nothing but itself. */
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles for `true` only. */
export declare function same<_Is extends true>(): void;

/** The values of a stream, and its key. */
type ValueOf<S> = S extends Stream<infer T, infer _K> ? T : never;
type KeyOf<S> = S extends Stream<infer _T, infer K> ? K : never;
/** The same members, written out, so that they can be compared. */
type Plain<T> = { -readonly [N in keyof T]: T[N] };

declare const bytes: Source<Slice>;
declare const unknowns: Sink<unknown>;

const start = stream("bytes", bytes);
same<Equal<typeof start, Stream<Slice, undefined>>>();

// The fields that are picked make the record's type.
const frames = start.decode("frame", json.pick({ ts: json.int, uid: json.string }));
same<Equal<Plain<ValueOf<typeof frames>>, { ts: number; uid: string }>>();
same<Equal<KeyOf<typeof frames>, undefined>>();
const rows = start.decode("row", csv.ints("user", "video"));
same<Equal<Plain<ValueOf<typeof rows>>, { user: number; video: number }>>();
const texts = start.decode("text", lines.text);
same<Equal<ValueOf<typeof texts>, string>>();

// Functions are given the record; what they return is the next one's type.
const mapped = frames.map("mapped", (frame) => {
  same<Equal<typeof frame.uid, string>>();
  return [frame.ts, frame.uid] as const;
});
same<Equal<ValueOf<typeof mapped>, readonly [number, string]>>();
const flat = frames.flatMap("flat", function* (frame) {
  yield frame.ts;
});
same<Equal<ValueOf<typeof flat>, number>>();
const called = frames.mapAsync("called", async (frame, { attempt, signal }) => {
  same<Equal<typeof attempt, number>>();
  same<Equal<typeof signal, AbortSignal>>();
  return frame.uid.length > 3;
});
same<Equal<ValueOf<typeof called>, boolean>>();
const kept = frames
  .filter("kept", (frame) => frame.ts > 0)
  .throttle("slow", "1/s")
  .eventTime("clock", (frame) => frame.ts, { lag: "1s" });
same<Equal<typeof kept, typeof frames>>();

// Keys flow into what follows, and into results.
const keyed = kept.keyBy("user", (frame) => frame.uid);
same<Equal<KeyOf<typeof keyed>, string>>();
same<Equal<ValueOf<typeof keyed>, ValueOf<typeof frames>>>();
same<Equal<KeyOf<ReturnType<typeof keyed.map<number>>>, string>>();
const byHour = keyed.keyBy("hour", (frame) => frame.ts / 3600);
same<Equal<KeyOf<typeof byHour>, number>>();
const eitherKey: Key = keyed ? "text" : 5;

// A window's result has the key, the window, and each aggregate under its name.
const results = keyed.window("window", tumbling("1m", "1h")).aggregate({
  n: count(),
  users: distinct((frame) => frame.uid),
  total: sum((frame) => frame.ts),
  latest: max((frame) => frame.ts),
  average: mean((frame) => frame.ts),
});
type Result = ValueOf<typeof results>;
same<Equal<Result["key"], string>>();
same<Equal<Result["window"], WindowInfo>>();
same<Equal<Result["n"] | Result["users"] | Result["total"], number>>();
same<Equal<keyof Result, "key" | "window" | "n" | "users" | "total" | "latest" | "average">>();
same<Equal<KeyOf<typeof results>, string>>();
const plain = kept.window("plain", tumbling("1m")).aggregate({ n: count() });
same<Equal<typeof plain, Stream<Aggregated<undefined, { readonly n: number }>, undefined>>>();

// Branches have the names of their conditions, and "rest".
const split = keyed.branch("split", { big: (frame) => frame.ts > 5, small: () => true });
same<Equal<keyof typeof split, "big" | "small" | "rest">>();
same<Equal<typeof split.big, typeof keyed>>();
same<Equal<typeof split.rest, typeof keyed>>();

// A processor is given the key, and gives what it emits.
const processor: Processor<{ readonly ts: number }, string[], string> = {
  kind: "visits",
  version: "1",
  open: (context) => {
    same<Equal<typeof context, ProcessContext<string[], string>>>();
    const total = context.state<number>("total");
    return {
      record: (frame) => {
        same<Equal<typeof frame, { readonly ts: number }>>();
        total.set((total.get() ?? 0) + frame.ts);
        same<Equal<typeof context.key, string>>();
        context.emit([context.key]);
      },
    };
  },
};
const visits = keyed.process("visits", processor);
same<Equal<typeof visits, Stream<string[], string>>>();

// What asks for less fits: supertypes of records, results that are more than is wanted.
declare const wide: Operator<{ readonly uid: string }, Date>;
same<Equal<ValueOf<ReturnType<typeof frames.via<Date>>>, Date>>();
frames.via("wide", wide);
declare const wideSink: Sink<{ readonly uid: string } | undefined>;
same<Equal<ReturnType<typeof frames.to>, Pipeline>>();
frames.to("wide", wideSink).and(frames.to("all", unknowns), results.to("results", unknowns));
keyed.process("general", { ...processor, open: () => ({ record: () => {} }) } as Processor<unknown, never, Key>);

// Side outputs are what their reader says they are; dead letters have a type of their own.
const late = results.side<LateRecord<ValueOf<typeof frames>>>("late");
same<Equal<ValueOf<typeof late>["value"], ValueOf<typeof frames>>>();
declare const letters: Sink<DeadLetter>;
results.to("out", unknowns).deadLetters("dead", letters);

export type { eitherKey };
