/** Users to be told, by who of those connected is among them: so that thousands who are not cost little. */
export interface Audience {
  /** How many they are, connected or not. */
  readonly size: number;
  /**
   * Calls `each` with the place of every id of the list that is among them, once. The same list comes again for as long as the
   * same ids are connected, so what was found out about it may be kept.
   */
  among(ids: readonly string[], each: (place: number) => void): void;
}

/**
 * A record, line end and all, and whom it is for: every connected client, or the users of these ids. Nothing is added to
 * it. Audience and list are looked at when the record is written, and may change afterwards.
 */
export interface Delivery {
  readonly bytes: Uint8Array;
  readonly to: "all" | readonly string[] | Audience;
}
