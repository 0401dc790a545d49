import { nameOf, type TopicPartition } from "../client/kafka-client.ts";
import type { Subscription } from "./subscription.ts";

/** A member of a group, as its leader sees it. */
export interface Member extends Subscription {
  readonly memberId: string;
}

/** By member: its partitions. */
export type Assignment = ReadonlyMap<string, readonly TopicPartition[]>;

/**
 * Spreads partitions over members so that no two members of the same topics differ by more than one, and every partition
 * stays with its owner where that allows it. The same input gives the same result, whatever the order of the members.
 */
export function assignSticky(members: readonly Member[], partitions: readonly TopicPartition[]): Assignment {
  const ordered = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const ranked = [...partitions].sort(byName);
  const owners = ownersOf(ordered, ranked);
  const held = new Map(ordered.map((member) => [member.memberId, [] as TopicPartition[]]));
  const quota = quotaOf(ordered, ranked.length, owners);
  const left: TopicPartition[] = [];
  for (const place of ranked) {
    const owner = owners.get(nameOf(place));
    const mine = owner === undefined ? undefined : held.get(owner);
    if (mine !== undefined && mine.length < quota(owner!)) mine.push(place);
    else left.push(place);
  }
  for (const place of left) {
    const member = leastLoaded(ordered, held, place);
    if (member !== undefined) held.get(member.memberId)!.push(place);
  }
  return held;
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

/** How many of what it owns a member may keep: its share, and one more for as many as there are partitions over, those who own most first. */
function quotaOf(members: readonly Member[], partitions: number, owners: ReadonlyMap<string, string>) {
  const share = Math.floor(partitions / members.length);
  const over = partitions % members.length;
  const counts = new Map<string, number>();
  for (const owner of owners.values()) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  const count = ({ memberId }: Member) => counts.get(memberId) ?? 0;
  const greedy = new Set(
    [...members]
      .sort((a, b) => count(b) - count(a))
      .slice(0, over)
      .map((m) => m.memberId),
  );
  return (memberId: string) => share + (greedy.has(memberId) ? 1 : 0);
}

function leastLoaded(
  members: readonly Member[],
  held: ReadonlyMap<string, readonly TopicPartition[]>,
  place: TopicPartition,
): Member | undefined {
  let least: Member | undefined;
  for (const member of members) {
    if (!member.topics.includes(place.topic)) continue;
    const load = held.get(member.memberId)!.length;
    if (least === undefined || load < held.get(least.memberId)!.length) least = member;
  }
  return least;
}

function byName(a: TopicPartition, b: TopicPartition): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1;
}
