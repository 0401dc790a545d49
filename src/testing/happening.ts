/** Something that happens between the records of a {@link listSource}. */
export class Happening {
  readonly kind: "pause" | "crash" | "end";
  readonly ms: number;

  constructor(kind: "pause" | "crash" | "end", ms: number) {
    this.kind = kind;
    this.ms = ms;
  }
}

/** The source gives nothing for `ms` milliseconds of the run's clock. */
export function pause(ms: number): Happening {
  return new Happening("pause", ms);
}

/** The source fails once, here, for all runs of it; opened again from a position at or before it, it goes on behind it. */
export function crash(): Happening {
  return new Happening("crash", 0);
}

/** The source ends once, here, for all runs of it, as a file does that grows later; opened again, it goes on behind it. */
export function end(): Happening {
  return new Happening("end", 0);
}

/** A record of a partition other than the first. */
export class Tagged<T> {
  readonly partition: string;
  readonly value: T;

  constructor(partition: string, value: T) {
    this.partition = partition;
    this.value = value;
  }
}

/** A record of the partition of that name, in the list of a source with several. */
export function from<T>(partition: string, value: T): Tagged<T> {
  return new Tagged(partition, value);
}

/** What stands in the list of a {@link listSource}. */
export type ListItem<T> = T | Tagged<T> | Happening;
