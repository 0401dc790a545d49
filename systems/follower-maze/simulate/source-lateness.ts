/**
 * How late a source went about sending each batch, as far as that is its own doing, or the machine's. From when the server holds it back until it
 * is in time again its lateness is the server's, and counts as none.
 */
export class SourceLateness {
  /** By batch, in milliseconds. */
  readonly ms: number[] = [];
  #heldBack = false;

  /** A batch is sent, so long after it was due. */
  sends(lateMs: number): void {
    this.ms.push(this.#heldBack ? 0 : lateMs);
  }

  /** The server does not take what is sent. */
  isHeldBack(): void {
    this.#heldBack = true;
  }

  /** The next batch is not due yet. */
  isInTime(): void {
    this.#heldBack = false;
  }
}
