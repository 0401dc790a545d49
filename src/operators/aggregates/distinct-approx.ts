import { MillraceError } from "../../core/errors.ts";
import type { Aggregate, AggregateFamily } from "./aggregate.ts";
import { distinctKey } from "./distinct.ts";
import { estimate, precisionFor, type Sighting, sight } from "./hyperloglog.ts";
import type { DistinctKey } from "./key-words.ts";
import { SlotPages } from "./slot-pages.ts";

/** How good the estimate of `distinctApprox` is. */
export interface DistinctApproxOptions {
  /** Relative standard error at most, 0.002 to 0.2; 0.01 if not given. Two windows in three are closer, one in twenty is twice as far off. */
  readonly error?: number;
}

/**
 * About how many different keys there are in the window, in memory that does not grow: 16 KB a window at an error of 1 %,
 * 1 KB at 4 %. For many keys times many windows; a few windows of less than a million keys are better counted exactly.
 * Keys are as with `distinct`. Throws `ML1002` on an error out of range.
 */
export function distinctApprox<In>(
  of: (value: In) => DistinctKey,
  options: DistinctApproxOptions = {},
): Aggregate<In, number> {
  const { error = 0.01 } = options;
  if (!(error >= 0.002 && error <= 0.2)) {
    throw new MillraceError("ML1002", { message: `distinctApprox takes an error from 0.002 to 0.2, not ${error}` });
  }
  const precision = precisionFor(error);
  return {
    kind: "distinctApprox",
    version: `1.${precision}`,
    input: (value) => distinctKey(of(value)),
    family: () => new ApproxFamily(precision),
  };
}

/** Registers that go in one piece at most. */
const chunkRegisters = 128 * 1024;
const headBytes = 4;
const entryBytes = 5;
/** What a piece begins with whose registers are few: pairs of register and rank follow, where else all ranks from a register on do. */
const sparse = 0xffff_ffff;

/** The registers of a chunk that are not 0, as they are shortest; undefined if there are none. */
function pieceOf(ranks: Uint8Array, from: number): Uint8Array | undefined {
  let raised = 0;
  for (const rank of ranks) if (rank !== 0) raised++;
  if (raised === 0) return undefined;
  if (raised * entryBytes >= ranks.length) {
    const dense = Buffer.allocUnsafe(headBytes + ranks.length);
    dense.writeUInt32LE(from, 0);
    dense.set(ranks, headBytes);
    return dense;
  }
  const pairs = Buffer.allocUnsafe(headBytes + raised * entryBytes);
  pairs.writeUInt32LE(sparse, 0);
  let at = headBytes;
  for (const [i, rank] of ranks.entries()) {
    if (rank === 0) continue;
    pairs.writeUInt32LE(from + i, at);
    pairs[at + 4] = rank;
    at += entryBytes;
  }
  return pairs;
}

const sighting: Sighting = { register: 0, rank: 0 };

class ApproxFamily implements AggregateFamily<number> {
  readonly #precision: number;
  readonly #registers: number;
  readonly parts: SlotPages;

  constructor(precision: number) {
    this.#precision = precision;
    this.#registers = 2 ** precision;
    this.parts = new SlotPages(this.#registers);
  }

  add(key: DistinctKey, slots: readonly number[], count: number): void {
    sight(key, this.#precision, sighting);
    for (let i = 0; i < count; i++) this.#raise(slots[i]!, sighting.register, sighting.rank);
  }

  result(slot: number): number {
    return Math.round(estimate(this.#bytes(slot), this.#precision));
  }

  free(slot: number): void {
    this.parts.free(slot);
  }

  absorb(other: AggregateFamily<unknown>): void {
    (other as ApproxFamily).#bytes(0).forEach((rank, register) => {
      this.#raise(0, register, rank);
    });
  }

  save(): unknown {
    return 0;
  }

  load(): void {}

  /** What is handed over is 0 afterwards: registers raised again are handed over again, and only the higher counts. */
  *handOver(slot: number): Generator<Uint8Array> {
    const pages = this.parts.of(slot);
    for (let from = 0; from < this.#registers; from += chunkRegisters) {
      const chunk = pages.bytes.subarray(from, Math.min(from + chunkRegisters, this.#registers));
      const piece = pieceOf(chunk, from);
      if (piece === undefined) continue;
      for (let i = 0; i < chunk.length; i++) {
        if (chunk[i] === 0) continue;
        chunk[i] = 0;
        pages.touch(from + i);
      }
      yield piece;
    }
  }

  takeOver(slot: number, piece: Uint8Array): void {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    const from = view.getUint32(0, true);
    if (from < this.#registers) {
      for (let at = headBytes; at < piece.length; at++) this.#raiseKnown(slot, from + at - headBytes, piece[at]!);
      return;
    }
    for (let at = headBytes; at + entryBytes <= piece.length; at += entryBytes) {
      this.#raiseKnown(slot, view.getUint32(at, true), piece[at + 4]!);
    }
  }

  #raiseKnown(slot: number, register: number, rank: number): void {
    if (register >= this.#registers) throw new RangeError("a piece of distinctApprox is of another precision");
    this.#raise(slot, register, rank);
  }

  #raise(slot: number, register: number, rank: number): void {
    const pages = this.parts.of(slot);
    if (pages.bytes[register]! >= rank) return;
    pages.bytes[register] = rank;
    pages.touch(register);
  }

  #bytes(slot: number): Uint8Array {
    return this.parts.of(slot).bytes.subarray(0, this.#registers);
  }
}
