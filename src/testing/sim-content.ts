import type { Random } from "../core/random.ts";
import { copyOf } from "../core/records.ts";

/** What of the writes that were not synced a crash leaves: none, all, or by chance, sector by sector. */
export type Survival = "nothing" | "everything" | "random";

/** A write (or a change of length) that no sync has made safe yet. */
type Unsynced =
  | { readonly kind: "write"; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly length: number };

/** A file's bytes, growing; what lies between its end and a later write reads as zeros. */
class Bytes {
  #buffer = new Uint8Array(64);
  length = 0;

  view(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }

  write(position: number, bytes: Uint8Array): void {
    const end = position + bytes.length;
    if (end > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(end, this.#buffer.length * 2));
      larger.set(this.view());
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, position);
    this.length = Math.max(this.length, end);
  }

  truncate(length: number): void {
    if (length <= this.length) this.#buffer.fill(0, length, this.length);
    else if (length > this.#buffer.length) this.write(length - 1, new Uint8Array(1));
    this.length = length;
  }
}

/** The content of a file, twice: as programs see it, and as the medium holds it. */
export class SimContent {
  readonly identity: string;
  readonly #seen = new Bytes();
  readonly #safe = new Bytes();
  #unsynced: Unsynced[] = [];

  constructor(identity: string) {
    this.identity = identity;
  }

  get size(): number {
    return this.#seen.length;
  }

  read(into: Uint8Array, position: number): number {
    const part = this.#seen.view().subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#seen.write(position, bytes);
    this.#unsynced.push({ kind: "write", position, bytes: copyOf(bytes) });
  }

  truncate(length: number): void {
    this.#seen.truncate(length);
    this.#unsynced.push({ kind: "truncate", length });
  }

  /** Costs what was not synced. */
  sync(): void {
    for (const change of this.#unsynced) apply(this.#safe, change);
    this.#unsynced = [];
  }

  /** A sync that failed: some of it is on the medium, and, as on real systems, no later sync writes the rest. */
  failSync(random: Random, sectorBytes: number): void {
    this.#survive("random", random, sectorBytes);
  }

  /** A crash: what was not synced is now safe, or lost. */
  crash(survival: Survival, random: Random, sectorBytes: number): void {
    this.#survive(survival, random, sectorBytes);
    this.#seen.truncate(0);
    this.#seen.write(0, this.#safe.view());
  }

  /** The same content in memory of its own, all of it safe. */
  copy(): SimContent {
    const copy = new SimContent(this.identity);
    copy.write(this.#seen.view(), 0);
    copy.sync();
    return copy;
  }

  #survive(survival: Survival, random: Random, sectorBytes: number): void {
    const chance = survival === "everything" ? 1 : survival === "nothing" ? 0 : random.next();
    for (const change of this.#unsynced) {
      if (chance === 1) apply(this.#safe, change);
      else if (chance === 0) continue;
      else if (change.kind === "write") tear(this.#safe, change, chance, random, sectorBytes);
      else if (random.next() < chance) apply(this.#safe, change);
    }
    this.#unsynced = [];
  }
}

function apply(bytes: Bytes, change: Unsynced): void {
  if (change.kind === "write") bytes.write(change.position, change.bytes);
  else bytes.truncate(change.length);
}

/** Writes each sector of a write or not; one in eight of those it writes, only up to some byte. */
function tear(
  bytes: Bytes,
  write: { readonly position: number; readonly bytes: Uint8Array },
  chance: number,
  random: Random,
  sectorBytes: number,
): void {
  const end = write.position + write.bytes.length;
  for (let from = write.position; from < end; ) {
    const to = Math.min(end, (Math.floor(from / sectorBytes) + 1) * sectorBytes);
    if (random.next() < chance) {
      const until = random.below(8) === 0 ? from + random.below(to - from + 1) : to;
      bytes.write(from, write.bytes.subarray(from - write.position, until - write.position));
    }
    from = to;
  }
}
