import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { encode } from "@msgpack/msgpack";
import { durationText } from "millrace";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateFrames } from "./simulate/generate-frames.ts";
import type { FrameOptions } from "./simulate/options.ts";
import { truthLines } from "./simulate/truth.ts";
import type { Summary } from "./summary.ts";
import { type OracleRules, oracle } from "./test-kit/oracle.ts";
import { runCli } from "./test-kit/run-cli.ts";

const sample = new URL("../../../shared/data/frames-20k.jsonl.gz", import.meta.url);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Line {
  readonly ts: number;
  readonly cnt: number;
  readonly window?: string;
  readonly update?: boolean;
}

function linesOf(text: string): Line[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

async function frames(options: FrameOptions): Promise<{ bytes: Buffer; truth: string; bad: number; future: number }> {
  const chunks: Buffer[] = [];
  const result = await generateFrames(options, (chunk) => void chunks.push(Buffer.from(chunk)));
  const truth = result.truth === undefined ? "" : truthLines(result.truth);
  return { bytes: Buffer.concat(chunks), truth, bad: result.bad, future: result.future };
}

async function count(input: Uint8Array, ...args: string[]): Promise<{ out: string; summary: Summary }> {
  const { code, stdout, stderr } = await runCli(
    ["unique-users", "--in", "-", "--summary", "json", "--progress", "off", "--log", "silent", ...args],
    input,
  );
  expect(stderr.split("\n").length, stderr).toBe(2);
  expect(code).toBe(0);
  return { out: stdout, summary: JSON.parse(stderr) as Summary };
}

function expected(lines: readonly string[], rules: OracleRules): { text: string; late: number } {
  const { windows, late } = oracle(lines, rules);
  const several = rules.sizes.length > 1;
  const rows = windows.map(({ ts, cnt, size }) =>
    JSON.stringify(several ? { ts, cnt, window: durationText(size * 1000) } : { ts, cnt }),
  );
  return { text: rows.map((row) => `${row}\n`).join(""), late };
}

describe.skipIf(!existsSync(sample))("the real sample", () => {
  const bytes = existsSync(sample) ? gunzipSync(readFileSync(sample)) : Buffer.alloc(0);
  const lines = bytes.toString().trim().split("\n");
  const cases: [lag: number, windows: string, sizes: number[]][] = [
    [0, "1m", [60]],
    [5, "1m", [60]],
    [20, "1m,1h", [60, 3600]],
    [7, "10s,1m,7m", [10, 60, 420]],
    [60, "1h,1d", [3600, 86_400]],
  ];
  for (const [lag, windows, sizes] of cases) {
    for (const mode of [[], ["--strict"]]) {
      test(`lag ${lag}s, windows ${windows} ${mode.join("")} agrees with an independent count`, async () => {
        const { out, summary } = await count(bytes, "--lag", `${lag}s`, "--window", windows, ...mode);
        const { text, late } = expected(lines, { sizes, lag });
        expect(out).toBe(text);
        expect(summary).toMatchObject({ frames: 20_000, bad: 0, held: 0, late });
      });
    }
  }

  test("corrected late frames end in what a patient count gives", async () => {
    const { out, summary } = await count(bytes, "--lag", "0s", "--late", "update", "--allowed-lateness", "1h");
    const final = new Map<number, number>();
    for (const { ts, cnt, update } of linesOf(out)) {
      expect(update ?? false, `window ${ts}`).toBe(final.has(ts));
      final.set(ts, cnt);
    }
    const { windows } = oracle(lines, { sizes: [60], lag: 0, update: { allowedLateness: 3600 } });
    expect([...final].sort(([a], [b]) => a - b)).toEqual(windows.map(({ ts, cnt }) => [ts, cnt]));
    expect(summary.updates).toBeGreaterThan(0);
    expect(summary.late).toBe(0);
  });
});

test("generated frames, hostile and malformed ones among them, give the generator's own truth", async () => {
  for (const seed of [1, 2, 3]) {
    const truth = { windowsMs: [60_000, 3_600_000], lagMs: 5_000, maxFutureMs: 60_000 };
    const options = { count: 20_000, ratePerSecond: 50, bytes: 200, users: 500, futureShare: 0.02, badShare: 0.02 };
    const made = await frames({ ...options, seed, truth });
    const { out, summary } = await count(made.bytes, "--window", "1m,1h");
    expect(out).toBe(made.truth);
    // A hostile time beyond year 9999 is refused for that, the others for being too far ahead.
    expect(summary.bad + summary.held).toBe(made.bad + made.future);
    expect(summary.held).toBeGreaterThan(0);
    expect(summary.frames).toBe(20_000);
  }
});

test("plain, gzip and zstd files give the same, in one piece or in several", async () => {
  const made = await frames({ count: 6_000, bytes: 150, ratePerSecond: 20 });
  const half = made.bytes.indexOf("\n", made.bytes.length / 2) + 1;
  const [first, second] = [made.bytes.subarray(0, half), made.bytes.subarray(half)];
  const files = {
    plain: [["a.jsonl", made.bytes]],
    gzip: [["a.jsonl.gz", gzipSync(made.bytes)]],
    zstd: [["a.jsonl.zst", zstdCompressSync(made.bytes)]],
    mixed: [
      ["b1.jsonl.zst", zstdCompressSync(first)],
      ["b2.jsonl", second],
    ],
  } as const;
  const { out } = await count(made.bytes);
  expect(linesOf(out).length).toBeGreaterThan(3);
  for (const [name, parts] of Object.entries(files)) {
    const args: string[] = [];
    for (const [file, bytes] of parts) {
      await writeFile(join(folder, file), bytes);
      args.push("--in", join(folder, file));
    }
    const result = await runCli(["unique-users", ...args, "--summary", "none", "--log", "silent"]);
    expect(result.stdout, name).toBe(out);
  }
});

test("the same frames as MessagePack values give the same counts", async () => {
  const made = await frames({ count: 3_000, bytes: 150, ratePerSecond: 20, badShare: 0, futureShare: 0 });
  const values = made.bytes
    .toString()
    .trim()
    .split("\n")
    .map((line) => encode(JSON.parse(line)));
  const { out } = await count(made.bytes);
  expect(linesOf(out).length).toBeGreaterThan(1);
  expect((await count(Buffer.concat(values), "--format", "messagepack")).out).toBe(out);
});

test("late frames and refused ones are kept as they came", async () => {
  const lines = ['{"ts":100,"uid":"a"}', '{"ts":"300","uid":7}', '{"ts":101,"uid":"b"}', "{oops", '{"uid":"c"}'];
  const lateOut = join(folder, "late.jsonl");
  const dead = join(folder, "dead.jsonl");
  const { out, summary } = await count(
    Buffer.from(lines.join("\r\n")),
    ...["--max-future", "1h", "--late-out", lateOut, "--dead-letters", dead],
  );
  expect(out).toBe('{"ts":60,"cnt":1}\n{"ts":300,"cnt":1}\n');
  expect(await readFile(lateOut, "utf8")).toBe(`${lines[2]}\n`);
  expect(
    (await readFile(dead, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { reason: "not JSON", step: "frame", place: expect.stringContaining("byte 66"), raw: "{oops" },
    { reason: "no ts", step: "frame", place: expect.stringContaining("byte 73"), raw: '{"uid":"c"}' },
  ]);
  expect(summary).toMatchObject({ frames: 5, bad: 2, late: 1, held: 0, windows: 2 });
});

test("an approximate count stays near the exact one", async () => {
  const made = await frames({ count: 20_000, bytes: 120, ratePerSecond: 100, users: 5_000 });
  const exact = linesOf((await count(made.bytes)).out);
  const near = linesOf((await count(made.bytes, "--approx", "1%")).out);
  expect(near.map((line) => line.ts)).toEqual(exact.map((line) => line.ts));
  near.forEach((line, index) => {
    expect(Math.abs(line.cnt - exact[index]!.cnt)).toBeLessThanOrEqual(1 + 0.05 * exact[index]!.cnt);
  });
});

test("other names and units of the fields", async () => {
  const { out } = await count(
    Buffer.from('{"at":60000,"who":1}\n{"at":61999,"who":"1"}\n{"at":62000,"who":"2"}\n'),
    ...["--ts-field", "at", "--uid-field", "who", "--ts-unit", "ms", "--window", "1s"],
  );
  expect(out).toBe('{"ts":60,"cnt":1}\n{"ts":61,"cnt":1}\n{"ts":62,"cnt":1}\n');
});

test("a command line that cannot be used is refused with what to do", async () => {
  const cases: [args: string[], says: string][] = [
    [["--window", "1x"], '--window: "1x" is not a duration such as 250ms, 5s, 1m, 1h or 1d'],
    [["--in", "-", "--state", folder], "stdin cannot be read again after a crash"],
    [["--ts-field", "a", "--uid-field", "a"], "is the field of the time already"],
    [["--in", "-", "--in", "b"], "stdin cannot be one of several inputs"],
    [["--nonsense"], "unknown option '--nonsense'"],
  ];
  for (const [args, says] of cases) {
    const { code, stderr } = await runCli(["unique-users", ...args], "");
    expect(stderr).toContain(says);
    expect(code, args.join(" ")).toBe(2);
  }
  const missing = await runCli(["unique-users", "--in", join(folder, "nowhere.jsonl"), "--progress", "off"]);
  expect(missing.stderr).toContain("ML3001");
  expect(missing.code).toBe(1);
});
