import type { UserClient } from "./user-client.ts";

/** The connected clients by id. Several may have the same: they form a chain. */
export class Clients {
  readonly all = new Set<UserClient>();
  readonly #byId = new Map<string, UserClient>();
  /** Undefined after a change, until somebody asks. */
  #ids: readonly string[] | undefined;
  #firsts: readonly UserClient[] = [];

  /** The first client with that id; its `sibling` is the next. */
  of(id: string): UserClient | undefined {
    return this.#byId.get(id);
  }

  /** The ids that are connected, in a list that is another one after each change. */
  get ids(): readonly string[] {
    this.#list();
    return this.#ids!;
  }

  /** The first client of each of `ids`, in the same places. */
  get firsts(): readonly UserClient[] {
    this.#list();
    return this.#firsts;
  }

  add(client: UserClient): void {
    client.sibling = this.#byId.get(client.id);
    this.#byId.set(client.id, client);
    this.all.add(client);
    this.#ids = undefined;
  }

  /** False when it was removed before. */
  remove(client: UserClient): boolean {
    if (!this.all.delete(client)) return false;
    this.#ids = undefined;
    const first = this.#byId.get(client.id)!;
    if (first !== client) {
      let before = first;
      while (before.sibling !== client) before = before.sibling!;
      before.sibling = client.sibling;
    } else if (client.sibling === undefined) this.#byId.delete(client.id);
    else this.#byId.set(client.id, client.sibling);
    return true;
  }

  #list(): void {
    if (this.#ids !== undefined) return;
    this.#ids = [...this.#byId.keys()];
    this.#firsts = [...this.#byId.values()];
  }
}
