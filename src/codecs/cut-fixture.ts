import type { Framing } from "./framing.ts";
import { type CutLimits, RecordCutter } from "./record-cutter.ts";

/** A record as a cutter gave it: where it lies in its stream, its bytes in hex, and why it was refused. */
export interface CutRecord {
  readonly offset: number;
  readonly hex: string;
  readonly refused?: string;
}

/** Every record that `framing` finds in `bytes`, which come in blocks of the sizes, over and over. */
export function cutRecords(
  framing: Framing,
  bytes: Uint8Array,
  sizes: readonly number[] = [64],
  limits: CutLimits = { recordBytesMax: 1 << 20, batchRecordsMax: 4096 },
): CutRecord[] {
  const cutter = new RecordCutter(framing, limits);
  const found: CutRecord[] = [];
  const take = () => {
    for (let cut = cutter.next(); cut !== undefined; cut = cutter.next()) {
      const reasons = new Map(cut.refused?.map((one) => [one.index, one.reason]));
      for (let i = 0; i < cut.size; i++) {
        const start = cut.bounds[2 * i]!;
        const hex = cut.buffer.toString("hex", start, cut.bounds[2 * i + 1]!);
        const refused = reasons.get(i);
        found.push({ offset: cut.base + start, hex, ...(refused === undefined ? {} : { refused }) });
      }
    }
  };
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const block = Buffer.from(bytes.subarray(at, at + sizes[turn % sizes.length]!));
    cutter.feed(block, 0, block.length);
    take();
    at += block.length;
  }
  cutter.finish();
  take();
  return found;
}
