import type { ValueCodec } from "millrace";
import type { Audience } from "millrace/tcp";
import { NumberSet } from "./number-set.ts";
import type { UserNumbers } from "./user-numbers.ts";

const separator = "\n";

/** Who follows a user, known by their numbers: about a bit each when many do, eight bytes when few. */
export class Followers implements Audience {
  readonly #users: UserNumbers;
  readonly #numbers = new NumberSet();
  /** As they were stored, until somebody asks: what a restore replaces again has then taken no numbers. */
  #stored: string | undefined;

  constructor(users: UserNumbers, stored?: string) {
    this.#users = users;
    this.#stored = stored;
  }

  get size(): number {
    this.#load();
    return this.#numbers.size;
  }

  has(user: string): boolean {
    this.#load();
    const number = this.#users.of(user);
    return number >= 0 && this.#numbers.has(number);
  }

  /** False when it was there already. */
  add(user: string): boolean {
    if (this.has(user)) return false;
    return this.#numbers.add(this.#users.use(user));
  }

  /** False when it was not there. */
  remove(user: string): boolean {
    if (!this.has(user)) return false;
    const number = this.#users.of(user);
    this.#users.release(number);
    return this.#numbers.remove(number);
  }

  among(ids: readonly string[], each: (place: number) => void): void {
    this.#load();
    const { numbers, places, words } = this.#users.seatsOf(ids);
    const followers = this.#numbers;
    if (followers.steps <= ids.length) followers.forEachIn(words, (number) => each(places[number]!));
    else {
      for (let place = 0; place < numbers.length; place++) {
        if (numbers[place]! >= 0 && followers.has(numbers[place]!)) each(place);
      }
    }
  }

  /** For the state. User ids hold no control characters, so a line break separates them. */
  text(): string {
    if (this.#stored !== undefined) return this.#stored;
    const users: string[] = [];
    this.#numbers.forEach((number) => void users.push(this.#users.idOf(number)));
    return users.join(separator);
  }

  #load(): void {
    if (this.#stored === undefined) return;
    for (const user of this.#stored.split(separator)) this.#numbers.add(this.#users.use(user));
    this.#stored = undefined;
  }
}

/** Followers in the state, by their ids. */
export function followersCodec(users: UserNumbers): ValueCodec<Followers> {
  return {
    encode: (followers) => Buffer.from(followers.text()),
    decode: (bytes) => new Followers(users, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()),
  };
}
