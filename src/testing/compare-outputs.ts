/**
 * Which order an output has to keep across runs: all of it (`"kept"`), none (`"any"`), or, given a function, that of the texts
 * to which it gives the same name.
 */
export type OutputOrder = "kept" | "any" | ((text: string) => string);

const shown = 3;

/** What is wrong with an output, compared with what it should be: lost, doubled, foreign, out of order. Empty when nothing is. */
export function differences(expected: readonly string[], actual: readonly string[], order: OutputOrder): string[] {
  const counts = new Map<string, number>();
  for (const text of expected) counts.set(text, (counts.get(text) ?? 0) + 1);
  const known = new Set(counts.keys());
  for (const text of actual) counts.set(text, (counts.get(text) ?? 0) - 1);
  const lost = [...counts].filter(([, count]) => count > 0).map(([text]) => text);
  const doubled = [...counts].filter(([text, count]) => count < 0 && known.has(text)).map(([text]) => text);
  const foreign = [...counts].filter(([text, count]) => count < 0 && !known.has(text)).map(([text]) => text);
  const problems = [some("lost", lost), some("doubled", doubled), some("foreign", foreign)].filter(
    (text) => text !== "",
  );
  return problems.length > 0 ? problems : orderProblems(expected, actual, order);
}

/**
 * What is wrong with an output that may hold what was written after a checkpoint twice. `starts` has its length at each start
 * of a process: in between there must be a run of `expected` that begins no further than the runs before it came. Where the
 * order may change, only loss and foreign texts are found.
 */
export function replayDifferences(
  expected: readonly string[],
  actual: readonly string[],
  order: OutputOrder,
  starts: readonly number[],
): string[] {
  if (order !== "kept") {
    const found = differences(expected, actual, "any");
    return found.filter((text) => !text.startsWith("doubled"));
  }
  let reached = 0;
  for (const [index, start] of starts.entries()) {
    const run = actual.slice(start, starts[index + 1]);
    if (run.length === 0) continue;
    const from = placeOf(expected, run, reached);
    if (from === undefined)
      return [`from value ${start} on it is no run of what it should be: ${run.slice(0, shown).join(" ")}`];
    reached = Math.max(reached, from + run.length);
  }
  return reached === expected.length ? [] : [some("lost", expected.slice(reached))];
}

/** The last place at or before `latest` where `run` lies in `texts`. */
function placeOf(texts: readonly string[], run: readonly string[], latest: number): number | undefined {
  for (let from = latest; from >= 0; from--) {
    if (run.every((text, i) => text === texts[from + i])) return from;
  }
  return undefined;
}

function orderProblems(expected: readonly string[], actual: readonly string[], order: OutputOrder): string[] {
  if (order === "any") return [];
  if (typeof order === "function") {
    const names = new Set(expected.map(order));
    for (const name of names) {
      const of = (texts: readonly string[]) => texts.filter((text) => order(text) === name);
      const problems = orderProblems(of(expected), of(actual), "kept");
      if (problems.length > 0) return problems.map((text) => `${name}: ${text}`);
    }
    return [];
  }
  const at = expected.findIndex((text, index) => text !== actual[index]);
  return at === -1 ? [] : [`out of order from value ${at} on: ${actual[at]} instead of ${expected[at]}`];
}

function some(what: string, texts: readonly string[]): string {
  if (texts.length === 0) return "";
  const more = texts.length > shown ? `, and ${texts.length - shown} more` : "";
  return `${what} ${texts.slice(0, shown).join(" and ")}${more}`;
}
