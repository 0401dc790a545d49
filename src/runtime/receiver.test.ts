import { expect, test } from "vitest";
import { fanOut, joinInputs, type Receiver } from "./receiver.ts";

function noting(log: unknown[], name = ""): Receiver {
  return {
    record: (value) => void log.push(`${name}${value}`),
    watermark: (time) => void log.push(`${name}@${time}`),
    idle: () => void log.push(`${name}idle`),
    block: (_bytes, bounds, size) => void log.push(`${name}block ${bounds.join("-")} of ${size}`),
  };
}

test("one target of a fan-out is the fan-out", () => {
  const target = noting([]);
  expect(fanOut([target])).toBe(target);
});

test("a fan-out gives everything to all, in their order, a block only to those who care", () => {
  const log: unknown[] = [];
  const { record, watermark, idle, block } = fanOut([noting(log, "a"), { ...noting(log, "b"), block: undefined }]);
  record(1);
  watermark(2);
  idle();
  block!(new Uint8Array(9), Int32Array.of(3, 4), 1);
  expect(log).toEqual(["a1", "b1", "a@2", "b@2", "aidle", "bidle", "ablock 3-4 of 1"]);
});

function joined(count: number) {
  const log: unknown[] = [];
  const { entrances, end } = joinInputs(count, noting(log));
  return { log, end, at: (input: number) => entrances[input]! };
}

test("the time of a join is the lowest of its inputs, from when each has one", () => {
  const { log, at } = joined(3);
  at(0).watermark(5);
  at(1).watermark(9);
  expect(log).toEqual([]);
  at(2).watermark(7);
  at(0).watermark(8);
  at(0).watermark(6);
  expect(log).toEqual(["@5", "@7"]);
});

test("an input that is silent or has ended does not count; one that speaks again does", () => {
  const { log, at, end } = joined(3);
  at(0).watermark(1);
  at(1).watermark(4);
  at(2).watermark(9);
  at(0).idle();
  end(1);
  end(1);
  at(0).record("r");
  at(2).watermark(20);
  expect(log).toEqual(["@1", "@4", "@9", "r", "@1"]);
});

test("a join is silent when all its inputs are, ended ones aside, and says so once", () => {
  const { log, at, end } = joined(3);
  at(0).idle();
  at(1).idle();
  expect(log).toEqual([]);
  end(2);
  expect(log).toEqual(["idle"]);
  end(2);
  end(0);
  expect(log).toEqual(["idle"]);
  at(1).record("r");
  at(1).idle();
  expect(log).toEqual(["idle", "r", "idle"]);
});

test("the last input to end is no silence: the end itself follows", () => {
  const { log, end } = joined(2);
  end(0);
  end(1);
  expect(log).toEqual([]);
});
