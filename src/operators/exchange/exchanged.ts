/**
 * What one task sends to those of the next stage, in the order in which it must arrive. `bytes` are the sender's only until
 * they are handed on: whoever takes them may keep them.
 */
export interface Exchanged {
  /** The partition of the exchange, or all of them. */
  readonly to: number | "all";
  readonly bytes: Uint8Array;
  /** Wall time at which it was sent, in ms since the epoch: event time is in the bytes. */
  readonly time: number;
}
