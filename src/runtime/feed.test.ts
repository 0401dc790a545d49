import { expect, test } from "vitest";
import type { Decoder } from "../core/codec.ts";
import { stream } from "../stream/stream.ts";
import { drive, memorySink, textSource } from "../testing/index.ts";
import { changedSource } from "./parts-fixture.ts";

/** Reads digits of batches that their reader announces before it gives them, or fails. */
function announced(sound: boolean) {
  const told: string[] = [];
  const decoder: Decoder<number> = {
    name: "digits",
    begin: (bytes, bounds, size) =>
      void told.push(`${size}: ${Buffer.from(bytes.subarray(bounds[0], bounds[1])).toString()}`),
    decode: (bytes, start, end) => {
      told.push("decode");
      return Number(Buffer.from(bytes.subarray(start, end)).toString());
    },
  };
  const source = changedSource(textSource(["1", "2", "3"], { batchRecords: 2 }), (reader) => ({
    read: async (announce) => {
      const batch = await reader.read();
      if (batch === "end" || batch.buffer === undefined) return batch;
      announce?.(batch.buffer, batch.bounds, batch.size);
      if (!sound) throw new Error("damaged");
      return batch;
    },
  }));
  const sink = memorySink<number>();
  return { pipeline: stream("in", source).decode("step", decoder).to("out", sink), sink, told };
}

test("a decoder hears of records once, when they are announced, and gets none that are not given", async () => {
  const sound = announced(true);
  await drive(sound.pipeline);
  expect(sound.sink.values).toEqual([1, 2, 3]);
  expect(sound.told).toEqual(["2: 1", "decode", "decode", "1: 3", "decode"]);
  const damaged = announced(false);
  await expect(drive(damaged.pipeline)).rejects.toThrow("damaged");
  expect(damaged.told).toEqual(["2: 1"]);
});
