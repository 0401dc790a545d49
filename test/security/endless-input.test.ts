import { readFile } from "node:fs/promises";
import type { Writable } from "node:stream";
import { gzipSync, constants as zlib, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Summary } from "../../systems/unique-users/summary.ts";
import { ended, runCli, startCli } from "../../systems/unique-users/test-kit/run-cli.ts";
import { frame, mebibyte, offer, repeated, residentBytes, statusUrl, statusWhen, testFolder } from "./process.ts";

const inFolder = testFolder("endless");
const quiet = ["--summary", "json", "--progress", "off"];
const page = Buffer.from(frame(60, "a", "x".repeat(2000)).repeat(512));
const pages = 50;
const warmFrames = 512 * pages;

/** Node reads stdin in pieces made anew, of which V8 lets 64 MiB gather before it collects; the rest is what a run may really grow by. */
const riseMax = (64 + 32) * mebibyte;

/** What a run's memory grows by, at most, from normal work to the end of what `hostile` writes. */
async function riseUnder(
  pack: (bytes: Uint8Array) => Uint8Array,
  hostile: (stdin: Writable) => Promise<void>,
  ...args: string[]
) {
  const child = startCli(["unique-users", "--in", "-", "--metrics", "0", ...quiet, ...args]);
  child.stdin!.on("error", () => {});
  const result = ended(child);
  const url = await statusUrl(child);
  await offer(child.stdin!, repeated(pack(page), pack(page).length * pages));
  await statusWhen(url, ({ sources }) => sources[0]!.records === warmFrames);
  const before = await residentBytes(url);
  await hostile(child.stdin!);
  child.stdin!.end(pack(Buffer.from(`\n${frame(61, "b")}`)));
  const { code, stdout, stderr } = await result;
  const summary = JSON.parse(stderr.trim().split("\n").at(-1)!) as Summary;
  expect({ code, stdout }).toEqual({ code: 0, stdout: '{"ts":60,"cnt":2}\n' });
  expect(summary).toMatchObject({ frames: warmFrames + 2, bad: 1, badByReason: { "line too long": 1 } });
  return summary.peakRssBytes - before;
}

test("a line of 1 GiB costs no memory, is one refused frame, and the next line counts", async () => {
  const dead = inFolder("dead.jsonl");
  const endless = (stdin: Writable) => offer(stdin, repeated(Buffer.alloc(mebibyte, "x"), 1024 * mebibyte));
  const rise = await riseUnder((bytes) => bytes, endless, "--dead-letters", dead);
  expect(rise).toBeLessThan(riseMax);
  const letter = JSON.parse(await readFile(dead, "utf8")) as { raw: string; place: string };
  expect(letter.raw.length).toBe(mebibyte);
  expect(letter.place).toBe(`stdin, byte ${page.length * pages}`);
});

test("1 GiB of zeros packed by gzip costs no memory and is one refused frame", async () => {
  const bomb = gzipSync(Buffer.alloc(64 * mebibyte));
  const rise = await riseUnder(gzipSync, (stdin) => offer(stdin, repeated(bomb, 16 * bomb.length)));
  expect(rise).toBeLessThan(riseMax);
});

const backTo = (windowLog: number) => ({
  params: { [zlib.ZSTD_c_windowLog]: windowLog, [zlib.ZSTD_c_enableLongDistanceMatching]: 1 },
});

test("1 GiB of zeros packed by zstd costs at most the 128 MiB that its format may ask a decoder to remember", async () => {
  const bomb = zstdCompressSync(Buffer.alloc(256 * mebibyte), backTo(27));
  const rise = await riseUnder(zstdCompressSync, (stdin) => offer(stdin, repeated(bomb, 4 * bomb.length)));
  expect(rise).toBeLessThan(128 * mebibyte + riseMax);
});

test("zstd that asks for more memory than that is refused, and so is what is packed but broken", async () => {
  const greedy = zstdCompressSync(Buffer.alloc(300 * mebibyte), backTo(29));
  const broken = gzipSync(page).subarray(0, 500);
  for (const input of [greedy, broken]) {
    const { code, stdout, stderr } = await runCli(["unique-users", ...quiet], input);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("ML3001");
  }
});
