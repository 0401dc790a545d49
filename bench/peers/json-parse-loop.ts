// The loop that one writes first, over a file. Lines are cut by hand: readline also cuts at U+2028 and U+2029, which JSON
// strings may hold, and so loses every tenth of these frames.
import { createReadStream } from "node:fs";
import { MinuteSets } from "./minute-sets.ts";

const users = new MinuteSets();
let rest = "";
for await (const chunk of createReadStream(process.argv[2]!, { encoding: "utf8", highWaterMark: 256 * 1024 })) {
  const lines = (rest + String(chunk)).split("\n");
  rest = lines.pop()!;
  for (const line of lines) users.take(line);
}
if (rest !== "") users.take(rest);
users.end();
const total = users.counts.reduce((sum, one) => sum + one.cnt, 0);
process.stdout.write(
  `${JSON.stringify({ windows: users.counts.length, total, rssKb: process.resourceUsage().maxRSS })}\n`,
);
