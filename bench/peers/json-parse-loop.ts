// What a backend engineer writes first: read lines, JSON.parse, a Set of users a minute. Same rules for late frames (lag 5 s);
// no protection from hostile timestamps, so frames more than a minute ahead are skipped by hand. Lines are cut by hand too:
// readline also cuts at U+2028 and U+2029, which JSON strings may hold, and so loses every tenth of these frames.
import { createReadStream } from "node:fs";

const windows = new Map<number, Set<string>>();
const counts: { ts: number; cnt: number }[] = [];
let highest = Number.NEGATIVE_INFINITY;

function close(watermark: number): void {
  for (const [start, users] of [...windows].sort(([a], [b]) => a - b)) {
    if (start + 60 > watermark) continue;
    counts.push({ ts: start, cnt: users.size });
    windows.delete(start);
  }
}

function take(line: string): void {
  let frame: { ts?: unknown; uid?: unknown };
  try {
    frame = JSON.parse(line) as typeof frame;
  } catch {
    return;
  }
  const ts = Number(frame?.ts);
  const isText = typeof frame?.uid === "string" || typeof frame?.uid === "number";
  if (!isText || typeof frame.ts === "object" || typeof frame.ts === "boolean" || !(ts >= 0 && ts < 1e11)) return;
  if (highest !== Number.NEGATIVE_INFINITY && ts > highest + 60) return;
  const start = Math.floor(ts / 60) * 60;
  if (start + 60 <= highest - 5) return;
  const users = windows.get(start) ?? new Set<string>();
  windows.set(start, users.add(String(frame.uid)));
  if (ts <= highest) return;
  highest = ts;
  close(highest - 5);
}

let rest = "";
for await (const chunk of createReadStream(process.argv[2]!, { encoding: "utf8", highWaterMark: 256 * 1024 })) {
  const lines = (rest + String(chunk)).split("\n");
  rest = lines.pop()!;
  for (const line of lines) take(line);
}
if (rest !== "") take(rest);
close(Number.POSITIVE_INFINITY);
const total = counts.reduce((sum, one) => sum + one.cnt, 0);
process.stdout.write(`${JSON.stringify({ windows: counts.length, total, rssKb: process.resourceUsage().maxRSS })}\n`);
