import type { UserClient } from "./user-client.ts";

/** The connected clients by id. Several may have the same: they form a chain. */
export class Clients {
  readonly all = new Set<UserClient>();
  readonly #byId = new Map<string, UserClient>();

  /** The first client with that id; its `sibling` is the next. */
  of(id: string): UserClient | undefined {
    return this.#byId.get(id);
  }

  /** How many ids are connected. */
  get ids(): number {
    return this.#byId.size;
  }

  /** The first client of each id. */
  firsts(): Iterable<UserClient> {
    return this.#byId.values();
  }

  add(client: UserClient): void {
    client.sibling = this.#byId.get(client.id);
    this.#byId.set(client.id, client);
    this.all.add(client);
  }

  /** False when it was removed before. */
  remove(client: UserClient): boolean {
    if (!this.all.delete(client)) return false;
    const first = this.#byId.get(client.id)!;
    if (first !== client) {
      let before = first;
      while (before.sibling !== client) before = before.sibling!;
      before.sibling = client.sibling;
    } else if (client.sibling === undefined) this.#byId.delete(client.id);
    else this.#byId.set(client.id, client.sibling);
    return true;
  }
}
