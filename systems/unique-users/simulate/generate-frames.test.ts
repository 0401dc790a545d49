import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { badKinds } from "./bad-frames.ts";
import { FrameStream, frameBytesMax } from "./frame-stream.ts";
import { generateFrames } from "./generate-frames.ts";
import { type FrameOptions, frameSettings, lineBytesMax } from "./options.ts";
import { uidText } from "./uids.ts";

async function madeOf(options: FrameOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await generateFrames(options, (chunk) => void chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}

async function hashOf(options: FrameOptions): Promise<string> {
  return createHash("sha256")
    .update(await madeOf(options))
    .digest("hex");
}

describe("the same seed gives the same bytes", () => {
  const options = { count: 3_000, bytes: 300, badShare: 0.02, futureShare: 0.02, seed: 7 };

  it("in every run, and whatever the chunk's size", async () => {
    const hash = await hashOf(options);
    expect(await hashOf(options)).toBe(hash);
    expect(await hashOf({ ...options, chunkBytes: 1 })).toBe(hash);
    expect(await hashOf({ ...options, chunkBytes: 10_007 })).toBe(hash);
    expect(await hashOf({ ...options, truth: { windowsMs: [1_000], lagMs: 0, maxFutureMs: 60_000 } })).toBe(hash);
  });

  it("and another seed others", async () => {
    expect(await hashOf({ ...options, seed: 8 })).not.toBe(await hashOf(options));
  });

  it("from the first frames on, however many follow", async () => {
    const few = await madeOf({ ...options, count: 500 });
    expect((await madeOf(options)).subarray(0, few.length).equals(few)).toBe(true);
  });
});

describe("a frame", () => {
  it.each([64, 120, 431, 2_048])("of about %i bytes parses to what the bookkeeping says", (bytes) => {
    const settings = frameSettings({
      bytes,
      users: 500,
      futureShare: 0.05,
      lateShare: 0.2,
      startSeconds: 1_700_000_000,
    });
    const stream = new FrameStream(settings);
    const buffer = Buffer.alloc(frameBytesMax);
    for (let i = 0; i < 3_000; i++) {
      const end = stream.write(buffer, 0);
      if (stream.facts.kind === "bad") continue;
      const frame = JSON.parse(buffer.toString("utf8", 0, end)) as { ts: unknown; uid: unknown };
      expect(Number(frame.ts)).toBe(stream.facts.seconds);
      expect(frame.uid).toEqual(JSON.parse(uidText(stream.facts.user, settings.seed)));
    }
  });

  it("has ts and uid anywhere at the root, in either order, as number and as string", async () => {
    const frames = (await madeOf({ count: 2_000, bytes: 500, badShare: 0 })).toString().trimEnd().split("\n");
    const roots = frames.map((frame) => Object.keys(JSON.parse(frame) as object));
    const first = roots.filter((keys) => keys.indexOf("ts") < keys.indexOf("uid")).length;
    expect(first / roots.length).toBeCloseTo(0.5, 1);
    expect(new Set(roots.map((keys) => keys.indexOf("ts"))).size).toBeGreaterThan(8);
    const parsed = frames.map((frame) => JSON.parse(frame) as { ts: unknown; uid: unknown });
    expect(parsed.filter(({ ts }) => typeof ts === "string").length / 2_000).toBeCloseTo(0.1, 1);
    expect(parsed.filter(({ uid }) => typeof uid === "number").length).toBeGreaterThan(20);
    for (const { uid } of parsed) if (typeof uid === "string") expect(uid).toMatch(/^[0-9a-f]{19}$/);
  });

  it("is as full of escapes as real ones, with decoys and other scripts", async () => {
    const text = (await madeOf({ count: 1_000, badShare: 0 })).toString();
    const backslashes = text.split("\\").length - 1;
    expect(Buffer.byteLength(text) / backslashes).toBeGreaterThan(11);
    expect(Buffer.byteLength(text) / backslashes).toBeLessThan(15);
    for (const trap of [
      '\\"ts\\":',
      '{"ts":1',
      ',"uid":"',
      "\\u00",
      '\\\\"',
      "λ",
      "лодка",
      "水",
      "🌊",
      "\u2028",
      "[]",
      "{}",
    ]) {
      expect(text.includes(trap), trap).toBe(true);
    }
  });
});

it.each([64, 120, 500, 2_048, 10_000])("lines are %i bytes long on average, and not all alike", async (bytes) => {
  const made = await madeOf({ count: 4_000, bytes, badShare: 0 });
  expect(Math.abs(made.length / 4_000 / bytes - 1)).toBeLessThan(0.02);
  const lengths = new Set(
    made
      .toString()
      .split("\n")
      .map((line) => line.length),
  );
  expect(lengths.size).toBeGreaterThan(30);
});

describe("the result", () => {
  const options = { count: 60_000, bytes: 100, lateShare: 0.03, futureShare: 0.01, badShare: 0.005, seed: 3 };

  it("counts what was written, in the shares asked for", async () => {
    let lines = 0;
    let bytes = 0;
    const seen: number[] = [];
    const result = await generateFrames(
      { ...options, chunkBytes: 65_536 },
      async (chunk) => {
        bytes += chunk.length;
        for (const byte of chunk) if (byte === 0x0a) lines += 1;
      },
      (soFar) => seen.push(soFar.frames),
    );
    expect(result).toMatchObject({ frames: 60_000, bytes });
    expect(lines).toBe(60_000);
    for (const [kind, share] of [
      ["late", 0.03],
      ["future", 0.01],
      ["bad", 0.005],
    ] as const) {
      const fourSigma = 4 * Math.sqrt(60_000 * share * (1 - share));
      expect(Math.abs(result[kind] - 60_000 * share)).toBeLessThan(fourSigma);
    }
    const byKind = Object.values(result.badByKind);
    expect(byKind.reduce((sum, n) => sum + n)).toBe(result.bad);
    expect(seen.length).toBeGreaterThan(20);
    expect(seen.at(-1)).toBe(60_000);
  });

  it("has every kind of badness, and few over-long lines", async () => {
    const { badByKind } = await generateFrames(options, () => {});
    for (const kind of badKinds) expect(badByKind[kind]).toBeGreaterThan(1);
    expect(badByKind["over-long line"]).toBe(3);
  });

  it("is empty for no frames", async () => {
    const chunks: Uint8Array[] = [];
    const result = await generateFrames({ count: 0 }, (chunk) => void chunks.push(chunk));
    expect(result).toMatchObject({ frames: 0, bytes: 0 });
    expect(chunks).toEqual([]);
  });
});

describe("hostile frames", () => {
  const hostileOf = (seed: number, count: number): number[] => {
    const stream = new FrameStream(frameSettings({ bytes: 64, futureShare: 0.25, badShare: 0.1, seed }));
    const buffer = Buffer.alloc(frameBytesMax);
    const hostile: number[] = [];
    while (hostile.length < count) {
      stream.write(buffer, 0);
      if (stream.facts.kind !== "bad") hostile.push(stream.facts.kind === "future" ? 1 : 0);
    }
    return hostile;
  };
  const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);

  it("are never more than 40 of 100 neighbours, nor more than two of five at the start", () => {
    for (let seed = 0; seed < 30; seed++) {
      const hostile = hostileOf(seed, 1_500);
      for (let end = 1; end <= hostile.length; end++) {
        const last = hostile.slice(Math.max(0, end - 100), end);
        expect(sum(last)).toBeLessThanOrEqual(0.4 * last.length);
      }
    }
  });

  it("come nearly as often as asked for even so", () => {
    expect(sum(hostileOf(1, 20_000)) / 20_000).toBeCloseTo(0.25, 1);
  });
});

describe("delayed frames", () => {
  it("lie up to delayMs back and not further, and not among the first hundred", () => {
    const stream = new FrameStream(frameSettings({ bytes: 64, lateShare: 0.5, delayMs: 20_000, ratePerSecond: 100 }));
    const buffer = Buffer.alloc(frameBytesMax);
    let furthest = 0;
    for (let i = 0; i < 5_000; i++) {
      stream.write(buffer, 0);
      const { kind, seconds } = stream.facts;
      if (kind === "bad" || kind === "future") continue;
      const behind = 1_750_000_000 + i / 100 - seconds;
      expect(behind).toBeGreaterThanOrEqual(0);
      expect(behind).toBeLessThan(kind === "delayed" ? 21 : 1);
      if (i < 100) expect(kind).toBe("good");
      furthest = Math.max(furthest, behind);
    }
    expect(furthest).toBeGreaterThan(19);
  });
});

describe("writing", () => {
  it("stops at the first failure", async () => {
    let calls = 0;
    const made = generateFrames({ count: 10_000, chunkBytes: 1_000 }, async () => {
      calls += 1;
      if (calls === 3) throw new Error("disk full");
    });
    await expect(made).rejects.toThrow("disk full");
    expect(calls).toBe(3);
  });

  it("waits for each chunk, and hands on whole lines only", async () => {
    let busy = 0;
    await generateFrames({ count: 2_000, chunkBytes: 50_000 }, async (chunk) => {
      expect(busy++).toBe(0);
      await Promise.resolve();
      expect(chunk.at(-1)).toBe(0x0a);
      expect(chunk.length).toBeLessThan(50_000 + lineBytesMax);
      busy -= 1;
    });
  });
});
