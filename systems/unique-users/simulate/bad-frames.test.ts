import { isUtf8 } from "node:buffer";
import { seededRandom } from "millrace";
import { describe, expect, it } from "vitest";
import { type BadFrameParts, BadFrames, type BadKind, badFrame, badKinds, overLongMax } from "./bad-frames.ts";
import { fragmentPool } from "./fragments.ts";
import { FrameWriter } from "./frame-writer.ts";
import { lineBytesMax } from "./options.ts";

const random = seededRandom(11);
const writer = new FrameWriter(fragmentPool(random, 400), random);
const scratch = Buffer.alloc(8_192);
const parts: BadFrameParts = {
  random,
  seconds: 1_750_000_000,
  ts: '"ts":1750000000,',
  uid: '"uid":"0123456789abcdef012",',
  frame: (ts, uid) => Buffer.from(scratch.subarray(0, writer.write(scratch, 0, 300, ts, uid))),
};
const counts: Partial<Record<BadKind, number>> = { "over-long line": 2, truncated: 5_000 };
const many = (kind: BadKind) => Array.from({ length: counts[kind] ?? 300 }, () => badFrame(kind, parts));

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return "not JSON";
  }
}

/** How to see that a line is bad in this way and in no other. */
const proofs: Record<BadKind, (line: Buffer) => boolean> = {
  "not JSON": (line) => parsed(line) === "not JSON",
  truncated: (line) => parsed(line) === "not JSON" && line[0] === 0x7b && !/[}\t\n\r ]$/.test(line.toString("latin1")),
  "no ts": (line) => !Object.hasOwn(parsed(line) as object, "ts") && Object.hasOwn(parsed(line) as object, "uid"),
  "no uid": (line) => !Object.hasOwn(parsed(line) as object, "uid") && Object.hasOwn(parsed(line) as object, "ts"),
  "ts of wrong type": (line) => {
    const { ts, uid } = parsed(line) as { ts: unknown; uid: unknown };
    return typeof ts !== "number" && !(typeof ts === "string" && /^-?\d+$/.test(ts)) && uid === "0123456789abcdef012";
  },
  "uid of wrong type": (line) => {
    const { ts, uid } = parsed(line) as { ts: unknown; uid: unknown };
    return ts === 1_750_000_000 && typeof uid !== "string" && typeof uid !== "number";
  },
  "negative ts": (line) => Number((parsed(line) as { ts: unknown }).ts) < 0,
  "absurd ts": (line) => Number((parsed(line) as { ts: unknown }).ts) > 1e15,
  "nested too deep": (line) => parsed(line) === "not JSON" && /[[{]/g[Symbol.match](line.toString())!.length > 3_000,
  "invalid UTF-8": (line) => !isUtf8(line) && parsed(line) === "not JSON",
  "empty line": (line) => line.length === 0,
  "not an object": (line) => {
    const value = parsed(line);
    return value !== "not JSON" && (typeof value !== "object" || value === null || Array.isArray(value));
  },
  "over-long line": (line) => line.length > lineBytesMax && typeof parsed(line) === "object",
};

describe("a bad frame", () => {
  it.each(badKinds)("%s: is bad in that way, and one line", (kind) => {
    for (const line of many(kind)) {
      expect(line.includes(0x0a)).toBe(false);
      expect(proofs[kind](line), line.toString("latin1", 0, 500)).toBe(true);
    }
  });

  it.each(badKinds.filter((kind) => kind !== "empty line" && kind !== "over-long line"))(
    "%s: comes in varieties",
    (kind) => {
      expect(new Set(many(kind).map((line) => line.toString("latin1"))).size).toBeGreaterThan(5);
    },
  );
});

describe("the kinds", () => {
  it("come in turn: each once before any comes again, over-long lines only a few times", () => {
    const kinds = new BadFrames(random);
    for (let round = 0; round < overLongMax; round++) {
      const dealt = badKinds.map(() => kinds.next());
      expect(new Set(dealt).size).toBe(badKinds.length);
    }
    const later = Array.from({ length: 200 }, () => kinds.next());
    expect(later).not.toContain("over-long line");
    expect(new Set(later).size).toBe(badKinds.length - 1);
  });
});
