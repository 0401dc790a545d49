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
 * in all of them together, and every partition stays with its owner where that allows it. Each topic by itself, since one may
 * mean much more work than another. The same input gives the same result, whatever the order of the members.
 */
export function assignSticky(members: readonly Member[], partitions: readonly TopicPartition[]): Assignment {
  const ordered = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const ranked = [...partitions].sort(byName);
  const owners = ownersOf(ordered, ranked);
  const held = new Map(ordered.map((member) => [member.memberId, [] as TopicPartition[]]));
  for (const [topic, places] of Map.groupBy(ranked, (place) => place.topic)) {
    const takers = ordered.filter(({ topics }) => topics.includes(topic)).map(({ memberId }) => memberId);
    if (takers.length > 0) spread(places, takers, owners, held);
  }
  return held;
}

/** Gives each of the takers its share of a topic: first of what it owns, then of what is left. */
function spread(
  places: readonly TopicPartition[],
  takers: readonly string[],
  owners: ReadonlyMap<string, string>,
  held: ReadonlyMap<string, TopicPartition[]>,
): void {
  const room = quotas(places, takers, owners, held);
  const give = (memberId: string, place: TopicPartition) => {
    held.get(memberId)!.push(place);
    room.set(memberId, room.get(memberId)! - 1);
  };
  const left: TopicPartition[] = [];
  for (const place of places) {
    const owner = owners.get(nameOf(place));
    if (owner !== undefined && (room.get(owner) ?? 0) > 0) give(owner, place);
    else left.push(place);
  }
  for (const place of left) give(takers.find((memberId) => room.get(memberId)! > 0)!, place);
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
  places: readonly TopicPartition[],
  takers: readonly string[],
  owners: ReadonlyMap<string, string>,
  held: ReadonlyMap<string, readonly TopicPartition[]>,
): Map<string, number> {
  const owned = new Map<string, number>();
  for (const place of places) {
    const owner = owners.get(nameOf(place));
    if (owner !== undefined) owned.set(owner, (owned.get(owner) ?? 0) + 1);
  }
  const load = (memberId: string) => held.get(memberId)!.length;
  const ranked = [...takers].sort((a, b) => load(a) - load(b) || (owned.get(b) ?? 0) - (owned.get(a) ?? 0));
  const share = Math.floor(places.length / takers.length);
  const over = places.length % takers.length;
  return new Map(ranked.map((memberId, rank) => [memberId, share + (rank < over ? 1 : 0)]));
}

function byName(a: TopicPartition, b: TopicPartition): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1;
}
