/** A transaction that was aborted, as a fetch tells it: its producer, and the offset of its first record. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/**
 * Tells which batches of one fetch belong to aborted transactions. The broker names every aborted transaction that reaches
 * into what it returns, also those whose end lies in a later fetch or whose beginning in an earlier one, so nothing has to
 * be remembered between fetches. Batches must be asked for in their order.
 */
export class AbortedRanges {
  readonly #coming: readonly AbortedTransaction[];
  readonly #open = new Set<bigint>();
  #next = 0;

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#coming = [...transactions].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Whether the transactional batch of that producer, up to `lastOffset`, was aborted. */
  covers(producerId: bigint, lastOffset: number): boolean {
    this.#openUpTo(lastOffset);
    return this.#open.has(producerId);
  }

  /** A marker that ends an aborted transaction of that producer was passed at `offset`; a later one may follow. */
  ended(producerId: bigint, offset: number): void {
    this.#openUpTo(offset);
    this.#open.delete(producerId);
  }

  #openUpTo(offset: number): void {
    for (; this.#next < this.#coming.length; this.#next++) {
      const transaction = this.#coming[this.#next]!;
      if (transaction.firstOffset > offset) return;
      this.#open.add(transaction.producerId);
    }
  }
}
