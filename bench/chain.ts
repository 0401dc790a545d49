// The engine's own cost: a chain of ten maps and filters beside a loop over the same batches, written by hand. One process,
// alternating; prints JSON.
import { type Batch, type Sink, type Source, stream } from "millrace";
import { median } from "./contestant.ts";

interface Point {
  readonly a: number;
  readonly b: number;
}

const batches = 2_000;
const size = 4_096;
const rounds = 5;
const values: Point[] = Array.from({ length: size }, (_, i) => ({ a: i, b: i % 7 }));

const source: Source<Point> = {
  traits: { name: "points", replayable: true, live: false },
  open: async () => {
    let left = batches;
    return {
      read: async (): Promise<Batch<Point> | "end"> => (left-- > 0 ? batch : "end"),
      close: async () => {},
    };
  },
};
const batch: Batch<Point> = {
  partition: { name: "points" },
  size,
  bytes: 0,
  values,
  resume: (index) => index,
  describe: (index) => `point ${index}`,
};
let sum = 0;
const sink: Sink<Point> = {
  traits: { name: "sum", delivery: "at-least-once" },
  open: async () => ({
    full: false,
    write: (point) => {
      sum += point.a;
    },
    drain: async () => {},
    flush: () => {},
    prepare: async () => null,
    close: async () => {},
  }),
};

const pipeline = stream("points", source)
  .map("m0", (p) => ({ a: p.a + 1, b: p.b }))
  .filter("f0", (p) => p.b !== 9)
  .map("m1", (p) => ({ a: p.a ^ 5, b: p.b }))
  .filter("f1", (p) => p.a >= 0)
  .map("m2", (p) => ({ a: p.a, b: p.b + 1 }))
  .filter("f2", (p) => p.b !== 4)
  .map("m3", (p) => ({ a: p.a * 2, b: p.b }))
  .filter("f3", (p) => p.a % 3 !== 0)
  .map("m4", (p) => ({ a: p.a + p.b, b: p.b }))
  .filter("f4", (p) => p.a !== 1)
  .to("sum", sink);

function byHand(): number {
  let total = 0;
  for (let i = 0; i < batches; i++) {
    for (const point of values) {
      let p = { a: point.a + 1, b: point.b };
      if (p.b === 9) continue;
      p = { a: p.a ^ 5, b: p.b };
      if (p.a < 0) continue;
      p = { a: p.a, b: p.b + 1 };
      if (p.b === 4) continue;
      p = { a: p.a * 2, b: p.b };
      if (p.a % 3 === 0) continue;
      p = { a: p.a + p.b, b: p.b };
      if (p.a === 1) continue;
      total += p.a;
    }
  }
  return total;
}

const nsEach = (ms: number) => (ms * 1e6) / (batches * size);
const engine: number[] = [];
const hand: number[] = [];
for (let round = 0; round <= rounds; round++) {
  sum = 0;
  let began = performance.now();
  await pipeline.run({ signals: false }).done;
  const engineMs = performance.now() - began;
  began = performance.now();
  const expected = byHand();
  const handMs = performance.now() - began;
  if (sum !== expected) throw new Error(`the chain gives ${sum}, the loop ${expected}`);
  if (round === 0) continue;
  engine.push(nsEach(engineMs));
  hand.push(nsEach(handMs));
}
process.stdout.write(`${JSON.stringify({ engineNs: median(engine), handNs: median(hand) })}\n`);
