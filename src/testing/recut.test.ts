import { expect, test } from "vitest";
import type { ByteBatch } from "../core/records.ts";
import { cutOut } from "./recut.ts";

test("a part of a batch of bytes is a batch: its records, positions and refusals are the same", () => {
  const batch: ByteBatch = {
    partition: { name: "p" },
    size: 4,
    bytes: 8,
    buffer: Buffer.from("a\nb\nc\nd\n"),
    bounds: new Int32Array([0, 1, 2, 3, 4, 5, 6, 7]),
    refused: [
      { index: 0, reason: "first" },
      { index: 2, reason: "third" },
    ],
    resume: (index) => 10 + index,
    describe: (index) => `place ${10 + index}`,
  };
  const part = cutOut(batch, 1, 3);
  expect([part.size, part.resume(0), part.resume(2), part.describe(1)]).toEqual([2, 11, 13, "place 12"]);
  expect([...(part as ByteBatch).bounds]).toEqual([2, 3, 4, 5]);
  expect((part as ByteBatch).refused).toEqual([{ index: 1, reason: "third" }]);
  expect([cutOut(batch, 0, 1).bytes + cutOut(batch, 1, 4).bytes]).toEqual([8]);
});
