/** A record that a step refused, as the dead-letter output gets it. */
export interface DeadLetter {
  /** The step that refused it. */
  readonly step: string;
  /** Why, in a few words from a bounded set. */
  readonly reason: string;
  /** More on this one, such as the text of what a function threw. */
  readonly detail: string | undefined;
  /** The source partition it came from. */
  readonly partition: string | undefined;
  /** Its place there, for people: `"frames.jsonl, byte 4096"`. */
  readonly place: string;
  /** Its bytes as they were read, up to a bound; undefined when it had none. */
  readonly raw: Uint8Array | undefined;
}
