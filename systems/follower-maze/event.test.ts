import fc from "fast-check";
import { Malformed } from "millrace";
import { describe, expect, test } from "vitest";
import { type MazeEvent, mazeEvent } from "./event.ts";

function decode(line: string | Uint8Array): MazeEvent | Malformed {
  const bytes = typeof line === "string" ? Buffer.from(line) : line;
  // Among others, since no event stands alone in its buffer.
  const around = Buffer.concat([Buffer.from("9|B\n"), bytes, Buffer.from("|B\n123")]);
  const result = mazeEvent.decode(around, 4, 4 + bytes.length);
  around.fill(0);
  return result;
}

test("reads each kind, and keeps the line as it was", () => {
  const cases: [line: string, seq: number, kind: string, from: string, to: string][] = [
    ["1|F|2|3\r\n", 1, "F", "2", "3"],
    ["22|U|abc|d e\n", 22, "U", "abc", "d e"],
    ["333|B\r\n", 333, "B", "", ""],
    ["0|P|01|1\r\n", 0, "P", "01", "1"],
    ["9007199254740991|S|ÜØ漢😀\n", 2 ** 53 - 1, "S", "ÜØ漢😀", ""],
    ["007|S|99999999999999999999\n", 7, "S", "99999999999999999999", ""],
    [`5|P|${"x".repeat(256)}|65536\n`, 5, "P", "x".repeat(256), "65536"],
  ];
  for (const [line, seq, kind, from, to] of cases) {
    expect(decode(line), line).toEqual({ seq, kind, from, to, bytes: Uint8Array.from(Buffer.from(line)) });
  }
});

describe("refuses", () => {
  const cases: Record<string, (string | Uint8Array)[]> = {
    "no line end": ["", "1|B", "1|B\r", "1|P|2|3"],
    "no sequence number": [
      "\n",
      "\r\n",
      "|B\n",
      "-1|B\n",
      "+1|B\n",
      "1.5|B\n",
      " 1|B\n",
      "1\n",
      "1e3|B\n",
      "x|B\n",
      "\0|B\n",
    ],
    "sequence number beyond 2^53": ["9007199254740992|B\n", "99999999999999999|B\n", `${"9".repeat(400)}|B\n`],
    "unknown kind": ["1|\n", "1|b\n", "1|X|1|2\n", "1|BB\n", "1||B\n", "1|F2|3\n", "1|B \n", "1|\0\n"],
    "missing field": [
      "1|F\n",
      "1|F|\n",
      "1|F|2\n",
      "1|F|2|\n",
      "1|F||3\n",
      "1|S\n",
      "1|S|\r\n",
      "1|P|1\r\n",
      "1|U||\n",
    ],
    "too many fields": ["1|B|\n", "1|B|2\n", "1|S|2|3\n", "1|F|2|3|\n", "1|P|2|3|4\n"],
    "control character in a user id": ["1|S|a\0\n", "1|P|a\tb|2\n", "1|P|2|\r\r\n", "1|S|\x7f\n"],
    "user id not UTF-8": [Buffer.from("317c537cff0a", "hex"), Buffer.from("317c537cc30a", "hex")],
    "user id too long": [`1|S|${"1".repeat(257)}\n`, `1|P|2|${"é".repeat(129)}\n`],
  };
  for (const [reason, lines] of Object.entries(cases)) {
    test(reason, () => {
      for (const line of lines) expect(decode(line), JSON.stringify(String(line))).toEqual(new Malformed(reason));
    });
  }
});

test("agrees with a plain pattern on lines of all kinds, and never throws", () => {
  const pattern = /^(\d{1,16})\|(?:(B)|(S)\|([^|]+?)|([FUP])\|([^|]+)\|([^|]+?))\r?\n$/;
  const piece = fc.constantFrom(
    "|",
    "|",
    "|",
    "B",
    "F",
    "U",
    "P",
    "S",
    "1",
    "23",
    "0",
    "9".repeat(16),
    "é",
    "\r",
    "\n",
    "\0",
    " ",
  );
  const anything = fc.array(piece, { maxLength: 9 }).map((pieces) => `${pieces.join("")}\n`);
  const likely = fc
    .tuple(fc.nat(), fc.constantFrom("B", "S|1", "F|1|2", "P|a|", "U|7|8", "X"), fc.constantFrom("\n", "\r\n", ""))
    .map(([seq, rest, end]) => `${seq}|${rest}${end}`);
  fc.assert(
    fc.property(fc.oneof(anything, likely), (line) => {
      const match = pattern.exec(line);
      const users = [match?.[4], match?.[6], match?.[7]].filter((user) => user !== undefined);
      const fits = match !== null && Number(match[1]) < 2 ** 53 && users.every((user) => !/[\p{Cc}]/u.test(user));
      const result = decode(line);
      if (!fits) expect(result).toBeInstanceOf(Malformed);
      else {
        const { seq, kind, from, to } = result as MazeEvent;
        expect([seq, kind, from, to].filter((part) => part !== "")).toEqual([
          Number(match[1]),
          match[2] ?? match[3] ?? match[5],
          ...users,
        ]);
      }
    }),
    { numRuns: 20_000 },
  );
});

test("random bytes are refused or read, never more than their own line", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const result = decode(bytes);
      if (!(result instanceof Malformed)) expect(Buffer.from(result.bytes).equals(bytes)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});
