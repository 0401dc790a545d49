import { MillraceError } from "../../core/errors.ts";
import type { Aggregate, AggregateFamily } from "./aggregate.ts";
import { distinctKey } from "./distinct.ts";
import { estimate, precisionFor, type Sighting, sight } from "./hyperloglog.ts";
import type { DistinctKey } from "./key-chunks.ts";
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
