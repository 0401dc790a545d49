import type { Random } from "millrace";

const lines: readonly (string | Uint8Array)[] = [
  "\n",
  "\r\n",
  "hello\n",
  "GET / HTTP/1.1\r\n",
  "-1|B\r\n",
  "0|B\r\n",
  "1.5|B\n",
  "9007199254740991|B\r\n",
  "9007199254740993|B\r\n",
  `${"9".repeat(400)}|P|1|2\n`,
  "|F|1|2\r\n",
  "12|X|1|2\r\n",
  "12|F|1\r\n",
  "12|F||1\r\n",
  "12|B|1\r\n",
  "12|P|1|2|3\r\n",
  "12|S|\0\r\n",
  Uint8Array.from([0x31, 0x7c, 0x53, 0x7c, 0xff, 0xfe, 0x0a]),
  Uint8Array.from([0, 1, 2, 0x80, 0xff, 0x0a]),
  `${"x".repeat(20_000)}\n`,
];

/** A line that is no event, or one that nobody can believe: half a dozen ways to be malformed, and absurd numbers. */
export function garbageLine(random: Random): Uint8Array {
  const line = lines[random.below(lines.length)]!;
  return typeof line === "string" ? Buffer.from(line) : line;
}
