/**
 * Users to be told, by who is among them: a `Set` of ids is one. The fan-out goes through them or through its clients,
 * whichever are fewer, so that thousands who are not connected cost little.
 */
export interface Audience {
  readonly size: number;
  has(id: string): boolean;
  /** Calls `each` with every id, once. */
  forEach(each: (id: string) => void): void;
}

/**
 * A record, line end and all, and whom it is for: every connected client, or the users of these ids. Nothing is added to
 * it. Audience and list are looked at when the record is written, and may change afterwards.
 */
export interface Delivery {
  readonly bytes: Uint8Array;
  readonly to: "all" | readonly string[] | Audience;
}
