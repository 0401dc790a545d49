import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BroadcastLog } from "./broadcast-log.ts";
import { Outbox } from "./outbox.ts";
import { PagePool } from "./page-pool.ts";
import { Slab } from "./slab.ts";

const pool = new PagePool();

/** A record of a length, told from others by its number. */
const record = (number: number, length: number) => Buffer.alloc(length, `${number};`);

function takeAll(outbox: Outbox, slab: Slab): Buffer {
  const parts: Uint8Array[] = [];
  for (let bytes = outbox.next(slab); bytes !== undefined; bytes = outbox.next(slab)) parts.push(Buffer.from(bytes));
  return Buffer.concat(parts);
}

describe("Outbox", () => {
  const length = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 120 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 150_000 }) },
  );
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("broadcast" as const), length }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("own" as const), length }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("take" as const), length: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("drop" as const), length }) },
  );

  it("gives what was added, in order, whole, less the oldest when told to drop", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), fc.integer({ min: 16, max: 300 }), (actions, slabBytes) => {
        const log = new BroadcastLog();
        const slab = new Slab(slabBytes);
        log.append(record(0, 10));
        const outbox = new Outbox(log, pool);
        let waiting: Buffer[] = [];
        for (const [n, step] of actions.entries()) {
          if (step.do === "broadcast") log.append(record(n, step.length));
          else if (step.do === "own") outbox.add(record(n, step.length));
          if (step.do === "broadcast" || step.do === "own") waiting.push(record(n, step.length));
          if (step.do === "drop") waiting = waiting.slice(outbox.dropTo(step.length));
          if (step.do === "drop") expect(outbox.bytes).toBeLessThanOrEqual(step.length);
          if (step.do === "take") {
            const taken = outbox.taken;
            const bytes = outbox.next(slab);
            const gone = waiting.splice(0, outbox.taken - taken);
            expect(Buffer.from(bytes ?? []).equals(Buffer.concat(gone))).toBe(true);
            expect(gone.length > 0).toBe(bytes !== undefined);
          }
        }
        expect(takeAll(outbox, slab).equals(Buffer.concat(waiting))).toBe(true);
        expect(outbox.bytes).toBe(0);
        expect(pool.usedBytes).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("drops no more than it must", () => {
    const log = new BroadcastLog();
    const outbox = new Outbox(log, pool);
    for (let n = 0; n < 10; n++) log.append(record(n, 10));
    expect(outbox.dropTo(45)).toBe(6);
    expect(outbox.bytes).toBe(40);
  });

  it("shares the memory of broadcasts among those who wait for the same", () => {
    const log = new BroadcastLog();
    const slab = new Slab();
    const [one, two] = [new Outbox(log, pool), new Outbox(log, pool)];
    for (let n = 0; n < 100; n++) log.append(record(n, 50));
    const bytes = one.next(slab);
    expect(bytes).toHaveLength(5_000);
    expect(two.next(slab)).toBe(bytes);
  });

  it("takes the memory that records of its own need, and gives it back as they leave", () => {
    const log = new BroadcastLog();
    const outboxes = Array.from({ length: 50 }, () => new Outbox(log, pool));
    for (let n = 0; n < 500; n++) {
      log.append(record(n, 10));
      for (const outbox of outboxes) outbox.add(record(n, 20));
    }
    const needed = 50 * 500 * 22;
    expect(pool.usedBytes).toBeGreaterThanOrEqual(needed);
    expect(pool.usedBytes).toBeLessThan(1.2 * needed);
    for (const [n, outbox] of outboxes.entries()) {
      expect(outbox.own.bytes).toBeLessThan(500 * 22);
      if (n % 2 === 0) outbox.dropTo(0);
      else takeAll(outbox, new Slab());
    }
    expect(pool.usedBytes).toBe(0);
  });

  it("keeps what the kernel did not take, whatever is put together after it", () => {
    const log = new BroadcastLog();
    const slab = new Slab(256);
    const kept: { readonly bytes: Uint8Array; readonly is: string }[] = [];
    for (let n = 0; n < 50; n++) {
      const outbox = new Outbox(log, pool);
      outbox.add(record(n, 30));
      const bytes = outbox.next(slab)!;
      if (n % 3 === 0) continue;
      slab.keep(bytes);
      kept.push({ bytes, is: record(n, 30).toString() });
    }
    for (const { bytes, is } of kept) expect(Buffer.from(bytes).toString()).toBe(is);
  });
});
