/** A record, line end and all, and whom it is for: every connected client, or the users of these ids. Nothing is added to it. */
export interface Delivery {
  readonly bytes: Uint8Array;
  readonly to: "all" | readonly string[];
}
