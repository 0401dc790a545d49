import type { ValueCodec } from "millrace";
import type { Audience } from "millrace/tcp";
import { NumberSet } from "./number-set.ts";
import type { UserNumbers } from "./user-numbers.ts";

/** Who follows a user, known by their numbers: about a bit each when many do, eight bytes when few. */
export class Followers implements Audience {
  readonly numbers: NumberSet;
  readonly #users: UserNumbers;

  constructor(users: UserNumbers, numbers = new NumberSet()) {
    this.#users = users;
    this.numbers = numbers;
  }

  get size(): number {
    return this.numbers.size;
  }

  /** False when it was there already. */
  add(user: string): boolean {
    if (this.#has(user)) return false;
    return this.numbers.add(this.#users.use(user));
  }

  /** False when it was not there. */
  remove(user: string): boolean {
    if (!this.#has(user)) return false;
    const number = this.#users.of(user);
    this.#users.release(user, number);
    return this.numbers.remove(number);
  }

  among(ids: readonly string[], each: (place: number) => void): void {
    const seats = this.#users.seatsOf(ids);
    if (this.numbers.steps <= ids.length) {
      this.numbers.forEachIn(seats.words, (number) => each(seats.places[number]!));
      return;
    }
    for (let place = 0; place < ids.length; place++) {
      const number = seats.numbers[place]!;
      if (number >= 0 && this.numbers.has(number)) each(place);
    }
  }

  #has(user: string): boolean {
    const number = this.#users.of(user);
    return number >= 0 && this.numbers.has(number);
  }
}

/** Followers in the state: their numbers. */
export function followersCodec(users: UserNumbers): ValueCodec<Followers> {
  return {
    encode: (followers) => followers.numbers.bytes(),
    decode: (bytes) => new Followers(users, NumberSet.of(bytes)),
  };
}
