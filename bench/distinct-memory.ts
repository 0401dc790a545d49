// What an exact distinct count holds for each user: a million users in one day, counted by day alone, and by minute, hour and
// day. Heap and array buffers after a garbage collection, just before the day ends, less those before the first record.
// Run by `node --expose-gc --conditions=millrace-source bench/distinct-memory.ts`; prints JSON, bytes a user.
import { type Batch, distinct, distinctApprox, type Sink, type Source, stream, tumbling } from "millrace";

const users = 1_000_000;
const batchUsers = 1_000;
const dayMs = 86_400_000;

interface Visit {
  readonly at: number;
  readonly user: string;
}

/** Collects until there is no less: V8 counts an array buffer out only some time after it has collected what it belonged to. */
function held(): number {
  for (let least = Number.POSITIVE_INFINITY; ; ) {
    globalThis.gc!();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    if (heapUsed + arrayBuffers >= least) return least;
    least = heapUsed + arrayBuffers;
  }
}

/** Gives every user once, spread over a day; `atEnd` is called when all have been counted and every window is still open. */
function visits(atEnd: () => void): Source<Visit> {
  return {
    traits: { name: "visits", replayable: false, live: false },
    open: async () => {
      let next = 0;
      return {
        read: async (): Promise<Batch<Visit> | "end"> => {
          if (next === users) {
            atEnd();
            return "end";
          }
          const first = next;
          next += batchUsers;
          const values = Array.from({ length: batchUsers }, (_, i) => visit(first + i));
          const partition = { name: "visits" };
          return { partition, size: batchUsers, bytes: 0, values, resume: () => null, describe: () => "a visit" };
        },
        close: async () => {},
      };
    },
  };
}

/** Ids as frames have them: 19 hexadecimal digits. */
function visit(index: number): Visit {
  const user = (index * 2_654_435_761).toString(16).padStart(19, "f0e1d2c3b4a59687123");
  return { at: Math.floor((index / users) * dayMs), user };
}

const nowhere: Sink<unknown> = {
  traits: { name: "nowhere", delivery: "at-least-once" },
  open: async () => ({
    full: false,
    write: () => {},
    drain: async () => {},
    flush: () => {},
    prepare: async () => null,
    close: async () => {},
  }),
};

async function bytesEach(sizes: readonly [string, ...string[]], approximate: boolean): Promise<number> {
  const before = held();
  let after = before;
  const counted = approximate ? distinctApprox((one: Visit) => one.user) : distinct((one: Visit) => one.user);
  await stream(
    "visits",
    visits(() => {
      after = held();
    }),
  )
    .eventTime("clock", (one) => one.at, { lag: "5s" })
    .window("users", tumbling(...sizes))
    .aggregate({ cnt: counted })
    .to("nowhere", nowhere)
    .run({ signals: false }).done;
  return Math.round((after - before) / users);
}

await bytesEach(["1d"], true); // the code itself takes room too: it is compiled before anything is measured
const result = {
  day: await bytesEach(["1d"], false),
  "minute, hour, day": await bytesEach(["1m", "1h", "1d"], false),
  "day, approximate": await bytesEach(["1d"], true),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
