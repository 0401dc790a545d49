import type { ValueCodec } from "millrace";

const separator = "\n";

/**
 * Who follows a user. Adding and removing cost the same however many there are, and so does telling them: the list is handed out as
 * it stands, and copied only when it changes after that.
 */
export class Followers {
  #list: string[];
  readonly #places: Map<string, number>;
  #handedOut = false;

  constructor(list: readonly string[] = []) {
    this.#list = [...list];
    this.#places = new Map(list.map((user, place) => [user, place]));
  }

  get size(): number {
    return this.#list.length;
  }

  /** False when it was there already. */
  add(user: string): boolean {
    if (this.#places.has(user)) return false;
    this.#own();
    this.#places.set(user, this.#list.length);
    this.#list.push(user);
    return true;
  }

  /** False when it was not there. */
  remove(user: string): boolean {
    const place = this.#places.get(user);
    if (place === undefined) return false;
    this.#own();
    this.#places.delete(user);
    const last = this.#list.pop()!;
    if (last !== user) {
      this.#list[place] = last;
      this.#places.set(last, place);
    }
    return true;
  }

  /** All of them, in no particular order. The list given does not change any more. */
  all(): readonly string[] {
    this.#handedOut = true;
    return this.#list;
  }

  #own(): void {
    if (!this.#handedOut) return;
    this.#list = this.#list.slice();
    this.#handedOut = false;
  }
}

/** Followers in the state. User ids hold no control characters, so a line break separates them. */
export const followersCodec: ValueCodec<Followers> = {
  encode: (followers) => Buffer.from(followers.all().join(separator)),
  decode: (bytes) =>
    new Followers(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString().split(separator)),
};
