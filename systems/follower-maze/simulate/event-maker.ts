import { type Random, seededRandom } from "millrace";

/** The kinds of events, as the first byte of their names. */
export const kinds = { broadcast: 66, follow: 70, private: 80, status: 83, unfollow: 85 } as const;

const drawn = [kinds.follow, kinds.unfollow, kinds.broadcast, kinds.private, kinds.status];

/** The longest line that is made: two numbers of 16 digits and one of 10 would fit. */
export const lineBytesMax = 64;

/**
 * Draws the events of a simulation in their order, the same for a seed in every process: a fifth of each kind, users evenly. One
 * event at a time: what it is stands in the fields until the next.
 */
export class EventMaker {
  kind: number = kinds.broadcast;
  from = 0;
  to = 0;
  /** Whether the line ends with CRLF; LF otherwise. */
  crlf = true;
  readonly #random: Random;
  readonly #users: number;

  constructor(seed: number, users: number) {
    this.#random = seededRandom(seed);
    this.#users = users;
  }

  /** Goes on to the next event. */
  next(): void {
    const dice = this.#random.below(80);
    this.kind = drawn[dice % 5]!;
    this.crlf = dice >= 5;
    this.from = 1 + this.#random.below(this.#users);
    this.to = 1 + this.#random.below(this.#users);
  }

  /** Writes the event's line under number `seq`; returns where it ends. */
  write(into: Uint8Array, start: number, seq: number): number {
    let at = digits(into, start, seq);
    into[at++] = pipe;
    into[at++] = this.kind;
    if (this.kind !== kinds.broadcast) at = this.#user(into, at, this.from);
    if (this.kind !== kinds.broadcast && this.kind !== kinds.status) at = this.#user(into, at, this.to);
    if (this.crlf) into[at++] = 13;
    into[at++] = 10;
    return at;
  }

  #user(into: Uint8Array, start: number, user: number): number {
    into[start] = pipe;
    return digits(into, start + 1, user);
  }
}

const pipe = 0x7c;

function digits(into: Uint8Array, start: number, number: number): number {
  let size = 1;
  for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) size += 1;
  let rest = number;
  for (let at = start + size - 1; at >= start; at--) {
    const tenth = Math.floor(rest / 10);
    into[at] = 48 + rest - 10 * tenth;
    rest = tenth;
  }
  return start + size;
}

/** `count` numbers of 1 to `below`, drawn without repetition: which events get something done to them. */
export function drawNumbers(seed: number, count: number, below: number): Set<number> {
  const random = seededRandom(seed);
  const numbers = new Set<number>();
  while (numbers.size < Math.min(count, below)) numbers.add(1 + Math.floor(random.next() * below));
  return numbers;
}

/** The numbers that a simulation leaves out. */
export function missingNumbers(settings: { readonly seed: number; readonly gap: number; readonly events: number }) {
  return drawNumbers(settings.seed ^ 0x6a9, settings.gap, settings.events);
}
