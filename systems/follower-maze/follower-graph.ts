import type { KeyedStore, Processor, ProcessTask } from "millrace";
import type { Delivery } from "millrace/tcp";
import type { MazeEvent } from "./event.ts";
import { Followers, followersCodec } from "./followers.ts";
import { UserNumbers } from "./user-numbers.ts";

/**
 * Routes events, which must come in order: a follow and a private message to the one addressed, a broadcast to all, a status to those
 * who follow its author at that moment; an unfollow to nobody.
 *
 * A status is emitted with the followers as they stand, to be told right away: they change with the next events.
 *
 * State: a number for each user that follows any, and the followers of each user that has any, by number. A checkpoint writes the
 * sets that changed, each whole.
 */
export function followerGraph(): Processor<MazeEvent, Delivery> {
  return {
    kind: "follower graph",
    version: "2",
    open: (context) => {
      const users = new UserNumbers(context.store<string, number>("users"));
      const followers = context.store<Followers, string>("followers", { codec: followersCodec(users) });
      context.meter.gauge("users followed", () => followers.size);
      return new Graph(users, followers, (delivery) => context.emit(delivery));
    },
  };
}

class Graph implements ProcessTask<MazeEvent> {
  readonly #users: UserNumbers;
  readonly #followers: KeyedStore<Followers, string>;
  readonly #emit: (delivery: Delivery) => void;
  #begun = false;

  constructor(users: UserNumbers, followers: KeyedStore<Followers, string>, emit: (delivery: Delivery) => void) {
    this.#users = users;
    this.#followers = followers;
    this.#emit = emit;
  }

  record({ kind, from, to, bytes }: MazeEvent): void {
    if (!this.#begun) this.#begin();
    switch (kind) {
      case "B":
        this.#emit({ bytes, to: "all" });
        break;
      case "P":
        this.#emit({ bytes, to: [to] });
        break;
      case "S":
        this.#tellFollowers(from, bytes);
        break;
      case "F":
        this.#follow(from, to);
        this.#emit({ bytes, to: [to] });
        break;
      case "U":
        this.#unfollow(from, to);
        break;
    }
  }

  /** With the first event: by then the state is restored. */
  #begin(): void {
    this.#begun = true;
    this.#users.begin([...this.#followers.values()].map(({ numbers }) => numbers));
  }

  #tellFollowers(user: string, bytes: Uint8Array): void {
    const followers = this.#followers.get(user);
    if (followers !== undefined) this.#emit({ bytes, to: followers });
  }

  #follow(follower: string, user: string): void {
    const followers = this.#followers.get(user) ?? new Followers(this.#users);
    if (followers.add(follower)) this.#followers.set(user, followers);
  }

  #unfollow(follower: string, user: string): void {
    const followers = this.#followers.get(user);
    if (followers === undefined || !followers.remove(follower)) return;
    if (followers.size === 0) this.#followers.delete(user);
    else this.#followers.set(user, followers);
  }
}
