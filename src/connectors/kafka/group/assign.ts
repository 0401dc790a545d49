import { nameOf, type TopicPartition } from "../client/kafka-client.ts";
import type { Subscription } from "./subscription.ts";

/** A member of a group, as its leader sees it. */
export interface Member extends Subscription {
  readonly memberId: string;
}

/** By member: its partitions. */
export type Assignment = ReadonlyMap<string, readonly TopicPartition[]>;

/**
 * Spreads partitions over members so that no two members of the same topics differ by more than one, neither in a topic nor
 * in all of them together, and every partition stays with its owner where that allows it: who has to give some up keeps those
 * it has had longest. Each topic by itself, since one may mean much more work than another. The same input gives the same
 * result, whatever the order of the members.
 */
export function assignSticky(members: readonly Member[], partitions: readonly TopicPartition[]): Assignment {
  const ordered = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const ranked = [...partitions].sort(byName);
  const owners = ownersOf(ordered, ranked);
  const held = new Map(ordered.map((member) => [member.memberId, [] as TopicPartition[]]));
  for (const [topic, places] of Map.groupBy(ranked, (place) => place.topic)) {
    const takers = ordered.filter(({ topics }) => topics.includes(topic));
    if (takers.length > 0) spread(places, takers, owners, held);
  }
  return held;
}

/** Gives each of the takers its share of a topic: first of what it owns, then of what is left. */
function spread(
  places: readonly TopicPartition[],
  takers: readonly Member[],
  owners: ReadonlyMap<string, string>,
  held: ReadonlyMap<string, TopicPartition[]>,
): void {
  const left = new Map(places.map((place) => [nameOf(place), place]));
  const ownedBy = ({ memberId, owned }: Member) =>
    owned.filter((place) => left.has(nameOf(place)) && owners.get(nameOf(place)) === memberId);
  const room = quotas(places.length, takers, ownedBy, held);
  for (const member of takers) {
    for (const place of ownedBy(member).slice(0, room.get(member))) {
      if (!left.delete(nameOf(place))) continue;
      held.get(member.memberId)!.push(place);
      room.set(member, room.get(member)! - 1);
    }
  }
  for (const place of left.values()) {
    const member = takers.find((taker) => room.get(taker)! > 0)!;
    held.get(member.memberId)!.push(place);
    room.set(member, room.get(member)! - 1);
  }
}

/**
 * Of a wanted assignment, what can be handed out at once: a partition that another member still owns is given to nobody
 * until that one has let go of it, in a further round. So partitions that stay keep being worked on.
 */
export function withoutOwned(wanted: Assignment, members: readonly Member[]): Assignment {
  const all = [...wanted.values()].flat();
  const owners = ownersOf(members, all);
  return new Map(
    [...wanted].map(([memberId, places]) => [
      memberId,
      places.filter((place) => (owners.get(nameOf(place)) ?? memberId) === memberId),
    ]),
  );
}

/** By partition name: its owner. Of two claims the later generation's holds; of two alike, none. */
function ownersOf(members: readonly Member[], partitions: readonly TopicPartition[]): Map<string, string> {
  const there = new Set(partitions.map(nameOf));
  const claims = new Map<string, { readonly memberId: string | undefined; readonly generation: number }>();
  for (const { memberId, topics, owned, generation } of members) {
    for (const place of owned) {
      const name = nameOf(place);
      if (!there.has(name) || !topics.includes(place.topic)) continue;
      const other = claims.get(name);
      if (other === undefined || other.generation < generation) claims.set(name, { memberId, generation });
      else if (other.generation === generation) claims.set(name, { memberId: undefined, generation });
    }
  }
  const owners = new Map<string, string>();
  for (const [name, { memberId }] of claims) if (memberId !== undefined) owners.set(name, memberId);
  return owners;
}

/**
 * How many of a topic's partitions each gets: an equal share, and one more for as many as there are partitions over. Those who
 * have least of the topics before come first, and of these who own most of this one.
 */
function quotas(
  count: number,
  takers: readonly Member[],
  ownedBy: (member: Member) => readonly TopicPartition[],
  held: ReadonlyMap<string, readonly TopicPartition[]>,
): Map<Member, number> {
  const ranks = takers.map((member) => ({
    member,
    load: held.get(member.memberId)!.length,
    owned: ownedBy(member).length,
  }));
  ranks.sort((a, b) => a.load - b.load || b.owned - a.owned);
  const share = Math.floor(count / takers.length);
  const over = count % takers.length;
  return new Map(ranks.map(({ member }, rank) => [member, share + (rank < over ? 1 : 0)]));
}

function byName(a: TopicPartition, b: TopicPartition): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1;
}
