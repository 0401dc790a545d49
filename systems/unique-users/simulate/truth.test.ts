import { isUtf8 } from "node:buffer";
import { durationText } from "millrace";
import { describe, expect, it } from "vitest";
import { generateFrames } from "./generate-frames.ts";
import { type FrameOptions, lineBytesMax, type TruthOptions } from "./options.ts";
import { TruthBook, type TruthWindow, truthLines } from "./truth.ts";

interface Frame {
  readonly ts: number;
  readonly uid: unknown;
}

function readFrame(line: Buffer): Frame | undefined {
  if (line.length > lineBytesMax || !isUtf8(line)) return undefined;
  try {
    const { ts, uid } = JSON.parse(line.toString()) as { ts: unknown; uid: unknown };
    const isTime = typeof ts === "number" || (typeof ts === "string" && /^\d+$/.test(ts));
    if (!isTime || Number(ts) < 0 || Number(ts) > 8.64e12) return undefined;
    return typeof uid === "string" || typeof uid === "number" ? { ts: Number(ts), uid } : undefined;
  } catch {
    return undefined;
  }
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0, to = 0; (to = bytes.indexOf(0x0a, from)) >= 0; from = to + 1) lines.push(bytes.subarray(from, to));
  return lines;
}

/** The rules once more, from the bytes alone: which frame counts where depends on the highest time before it only. */
function countedFromBytes(bytes: Buffer, { windowsMs, lagMs, maxFutureMs }: TruthOptions) {
  const windows = new Map<string, { end: number; sizeMs: number; ids: unknown[] }>();
  const figures = { bad: 0, future: 0, late: windowsMs.map(() => 0) };
  let highest = Number.NaN;
  for (const line of linesOf(bytes)) {
    const frame = readFrame(line);
    if (frame === undefined) {
      figures.bad += 1;
    } else if (frame.ts * 1_000 > highest + maxFutureMs) {
      figures.future += 1;
    } else {
      for (const [i, sizeMs] of windowsMs.entries()) {
        const end = (Math.floor((frame.ts * 1_000) / sizeMs) + 1) * sizeMs;
        const name = `${end} ${sizeMs}`;
        if (highest - lagMs >= end) figures.late[i]! += 1;
        else if (windows.has(name)) windows.get(name)!.ids.push(frame.uid);
        else windows.set(name, { end, sizeMs, ids: [frame.uid] });
      }
      highest = Math.max(frame.ts * 1_000, Number.isNaN(highest) ? 0 : highest);
    }
  }
  const sorted = [...windows.values()].sort((a, b) => a.end - b.end || a.sizeMs - b.sizeMs);
  const expected = sorted.map(({ end, sizeMs, ids }) => ({
    ts: (end - sizeMs) / 1_000,
    cnt: new Set(ids).size,
    ...(windowsMs.length > 1 && { window: durationText(sizeMs) }),
  }));
  return { expected, ...figures };
}

const hour = 3_600_000;
const base: FrameOptions = {
  count: 30_000,
  bytes: 150,
  users: 2_000,
  ratePerSecond: 100,
  badShare: 0.01,
  futureShare: 0.02,
};

describe("the truth", () => {
  it.each([
    ["one minute", { ...base }, { windowsMs: [60_000], lagMs: 5_000, maxFutureMs: 60_000 }],
    ["no lag, many late", { ...base, lateShare: 0.4 }, { windowsMs: [10_000], lagMs: 0, maxFutureMs: 60_000 }],
    [
      "several sizes",
      { ...base, seed: 5 },
      { windowsMs: [hour, 60_000, 1_000], lagMs: 2_000, maxFutureMs: 59 * 60_000 },
    ],
    [
      "seconds",
      { ...base, delayMs: 3_000, lateShare: 0.2 },
      { windowsMs: [1_000, 1_500], lagMs: 1_000, maxFutureMs: 10_000 },
    ],
    ["hostile quarter", { ...base, futureShare: 0.25 }, { windowsMs: [60_000], lagMs: 20_000, maxFutureMs: 60_000 }],
    [
      "a slow stream",
      { ...base, ratePerSecond: 0.5 },
      { windowsMs: [hour, 24 * hour], lagMs: 0, maxFutureMs: hour - 1 },
    ],
  ] as [string, FrameOptions, TruthOptions][])("is what the bytes say: %s", async (_, options, truth) => {
    const chunks: Buffer[] = [];
    const result = await generateFrames({ ...options, truth }, (chunk) => void chunks.push(Buffer.from(chunk)));
    const counted = countedFromBytes(Buffer.concat(chunks), truth);
    expect(result.truth?.windows).toEqual(counted.expected);
    expect(Object.values(result.truth!.lateByWindow)).toEqual(counted.late);
    expect(counted).toMatchObject({ bad: result.bad, future: result.future });
  });

  it("leaves frames out in the runs above", async () => {
    const truth = { windowsMs: [hour, 10_000], lagMs: 0, maxFutureMs: 60_000 };
    const result = await generateFrames({ ...base, lateShare: 0.4, truth }, () => {});
    expect(result.truth!.lateByWindow["10s"]).toBeGreaterThan(5_000);
    expect(result.truth!.lateByWindow["1h"]).toBeLessThan(result.truth!.lateByWindow["10s"]!);
  });

  it("is refused when good frames lie further apart than the job allows", async () => {
    const truth = { windowsMs: [60_000], lagMs: 0, maxFutureMs: 60_000 };
    const made = generateFrames({ count: 10, ratePerSecond: 0.01, truth }, () => {});
    await expect(made).rejects.toMatchObject({ code: "ML1002" });
  });
});

describe("the book", () => {
  const windowsOf = (
    options: Partial<TruthOptions>,
    frames: [user: number, seconds: number][],
  ): readonly TruthWindow[] => {
    const book = new TruthBook({ windowsMs: [60_000], lagMs: 5_000, maxFutureMs: 600_000, ...options });
    for (const [user, seconds] of frames) book.add(user, seconds * 1_000);
    return book.finish().windows;
  };

  it("fires a window when the highest time less the lag reaches its end, not before", () => {
    expect(
      windowsOf({}, [
        [1, 30],
        [2, 124],
        [3, 31],
        [4, 61],
      ]),
    ).toEqual([
      { ts: 0, cnt: 1 },
      { ts: 60, cnt: 1 },
      { ts: 120, cnt: 1 },
    ]);
    expect(
      windowsOf({}, [
        [1, 30],
        [2, 64],
        [3, 31],
      ]),
    ).toEqual([
      { ts: 0, cnt: 2 },
      { ts: 60, cnt: 1 },
    ]);
    expect(
      windowsOf({}, [
        [1, 30],
        [2, 65],
        [3, 31],
      ]),
    ).toEqual([
      { ts: 0, cnt: 1 },
      { ts: 60, cnt: 1 },
    ]);
  });

  it("counts a user once a window, and a frame late for one size in another", () => {
    const windows = windowsOf({ windowsMs: [hour, 60_000] }, [
      [1, 10],
      [1, 11],
      [2, 70],
      [3, 12],
    ]);
    expect(windows).toEqual([
      { ts: 0, cnt: 1, window: "1m" },
      { ts: 60, cnt: 1, window: "1m" },
      { ts: 0, cnt: 3, window: "1h" },
    ]);
  });

  it("orders windows with one end by size", () => {
    const windows = windowsOf({ windowsMs: [hour, 60_000, 600_000] }, [[1, 3_599]]);
    expect(windows.map(({ window }) => window)).toEqual(["1m", "10m", "1h"]);
  });

  it("is written as JSON lines", () => {
    expect(
      truthLines({
        windows: [
          { ts: 60, cnt: 2 },
          { ts: 0, cnt: 3, window: "1h" },
        ],
        lateByWindow: {},
      }),
    ).toBe('{"ts":60,"cnt":2}\n{"ts":0,"cnt":3,"window":"1h"}\n');
  });
});
