/**
 * What each user's client gets of the lines sent, as plainly as can be: events by number, each number once, then the rules, with
 * strings and sets. Independent of everything in the engine. `clients` are those connected all the time.
 */
export function oracle(lines: readonly string[], clients: readonly string[]): Map<string, string> {
  const received = new Map(clients.map((client) => [client, ""]));
  const followers = new Map<string, Set<string>>();
  const tell = (user: string, line: string) => {
    if (received.has(user)) received.set(user, received.get(user)! + line);
  };
  for (const line of inOrder(lines)) {
    const [, kind, from = "", to = ""] = line.replace(/\r?\n$/, "").split("|");
    if (kind === "B") for (const client of clients) tell(client, line);
    else if (kind === "P") tell(to, line);
    else if (kind === "S") for (const user of followers.get(from) ?? []) tell(user, line);
    else if (kind === "F") {
      followers.set(to, (followers.get(to) ?? new Set()).add(from));
      tell(to, line);
    } else followers.get(to)?.delete(from);
  }
  return received;
}

const event = /^\d+\|(B|S\|[^|]+|[FUP]\|[^|]+\|[^|]+)\r?\n$/;

/** The lines that are events, by number, the first of each number. */
function inOrder(lines: readonly string[]): string[] {
  const byNumber = new Map<number, string>();
  for (const line of lines) {
    const number = Number(line.split("|")[0]);
    if (event.test(line) && !byNumber.has(number)) byNumber.set(number, line);
  }
  return [...byNumber].sort(([a], [b]) => a - b).map(([, line]) => line);
}
