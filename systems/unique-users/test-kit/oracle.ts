/** The rules as far as the oracle knows them: no frame is further ahead than allowed. Times in seconds. */
export interface OracleRules {
  readonly sizes: readonly number[];
  readonly lag: number;
  /** With `update`: for how long a fired window still takes frames. */
  readonly update?: { readonly allowedLateness: number } | undefined;
}

/** What a window should come to, in the end. */
export interface OracleWindow {
  readonly ts: number;
  readonly size: number;
  readonly cnt: number;
}

/** What a file of frames should give. */
export interface OracleResult {
  /** By window end, then size. */
  readonly windows: readonly OracleWindow[];
  readonly late: number;
}

/**
 * Counts as plainly as can be, with `JSON.parse` and a set a window, in the order of arrival: independent of everything in
 * the engine. Lines that `JSON.parse` refuses throw.
 */
export function oracle(lines: Iterable<string>, rules: OracleRules): OracleResult {
  return oracleOver([lines], rules);
}

/** The same over a stream in partitions: each has a clock of its own, by which its frames are late, and all fill the same windows. */
export function oracleOver(partitions: Iterable<Iterable<string>>, rules: OracleRules): OracleResult {
  const users = new Map<string, Set<string>>();
  let late = 0;
  for (const lines of partitions) late += addPartition(users, lines, rules);
  return { windows: [...users].map(windowOf).sort(byEndThenSize), late };
}

/** Fills the windows with a partition's frames, and gives how many of them were late. */
function addPartition(users: Map<string, Set<string>>, lines: Iterable<string>, rules: OracleRules): number {
  let highest = Number.NEGATIVE_INFINITY;
  let late = 0;
  for (const line of lines) {
    const frame = JSON.parse(line) as { ts: number | string; uid: number | string };
    const ts = Number(frame.ts);
    let refused = false;
    for (const size of rules.sizes) {
      const start = Math.floor(ts / size) * size;
      const closed = highest - rules.lag - (rules.update?.allowedLateness ?? 0) >= start + size;
      if (closed) refused = true;
      else add(users, `${start} ${size}`, String(frame.uid));
    }
    if (refused) late += 1;
    highest = Math.max(highest, ts);
  }
  return late;
}

function add(users: Map<string, Set<string>>, window: string, user: string): void {
  const set = users.get(window) ?? new Set<string>();
  users.set(window, set.add(user));
}

function windowOf([window, users]: readonly [string, ReadonlySet<string>]): OracleWindow {
  const [ts, size] = window.split(" ").map(Number);
  return { ts: ts!, size: size!, cnt: users.size };
}

function byEndThenSize(a: OracleWindow, b: OracleWindow): number {
  return a.ts + a.size - (b.ts + b.size) || a.size - b.size;
}
