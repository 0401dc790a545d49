/** A number that only grows. */
export interface Counter {
  value: number;
}

/** Names and counts what a step does. Labels come from bounded sets only: never an id, a name or a text from the data. */
export interface Meter {
  /** The counter of that name and label; asked for once, kept, and added to. */
  counter(name: string, label?: string): Counter;
  /** A figure read when somebody looks. */
  gauge(name: string, read: () => number): void;
  /** Something a person should see: sampled, so that a flood of one kind costs a line every few seconds. */
  warn(kind: string, message: string): void;
}
