import type { Random } from "millrace";

/** Lines of events from number `first` on, of these users. */
export function eventLines(random: Random, users: readonly string[], count: number, first = 1): string[] {
  const user = () => users[random.below(users.length)]!;
  return Array.from({ length: count }, (_, index) => {
    const bodies = [`F|${user()}|${user()}`, `U|${user()}|${user()}`, "B", `P|${user()}|${user()}`, `S|${user()}`];
    return `${first + index}|${bodies[random.below(5)]}${random.below(4) === 0 ? "\n" : "\r\n"}`;
  });
}

/** The same items, each run of `batch` of them shuffled. */
export function shuffle<T>(random: Random, items: readonly T[], batch: number): T[] {
  const shuffled: T[] = [];
  for (let from = 0; from < items.length; from += batch) {
    const part = items.slice(from, from + batch);
    while (part.length > 0) shuffled.push(part.splice(random.below(part.length), 1)[0]!);
  }
  return shuffled;
}
