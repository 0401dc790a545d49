import { expect, test } from "vitest";
import { ended, startCli } from "../../systems/unique-users/test-kit/run-cli.ts";
import { frame, mebibyte, repeated, residentBytes, statusUrl, statusWhen } from "../security/process.ts";

const gibibyte = 1024 * mebibyte;
const quiet = ["--progress", "off", "--summary", "none", "--metrics", "0"];

/** Offers bytes as fast as they are taken; tells how many were. */
function offering(to: NodeJS.WritableStream, chunks: Iterator<Uint8Array | string>, bytes: number) {
  const offered = { bytes: 0, stopped: false, done: Promise.resolve() };
  const run = async () => {
    while (offered.bytes < bytes && !offered.stopped) {
      const chunk = chunks.next().value as Uint8Array | string;
      offered.bytes += chunk.length;
      if (!to.write(chunk)) await new Promise<void>((resolve) => to.once("drain", resolve));
    }
  };
  offered.done = run();
  return offered;
}

for (const [what, secondsApart, sizes] of [
  ["short lines in long windows of two sizes", 1, "1s,2s"],
  ["long lines, a window for each", 10, "1s"],
] as const) {
  test(`a reader of the counts that stops makes the writer of the frames wait: ${what}`, async () => {
    const child = startCli(["unique-users", "--in", "-", "--window", sizes, "--max-future", "1d", ...quiet]);
    const url = await statusUrl(child);
    const pad = secondsApart === 1 ? "" : "x".repeat(2000);
    let next = 0;
    const page = () => Array.from({ length: 500 }, () => frame(secondsApart * next++, "a", pad)).join("");
    const warm = Buffer.from(frame(0, "a", "x".repeat(2000)).repeat(500));
    const warming = offering(child.stdin!, repeated(warm, gibibyte), 50 * warm.length);
    await statusWhen(url, ({ sources }) => sources[0]!.records === 25_000);
    await warming.done;
    const before = await residentBytes(url);

    const pages = { next: () => ({ value: page(), done: false }) } as Iterator<string>;
    const offered = offering(child.stdin!, pages, gibibyte);
    const full = await statusWhen(url, ({ sources }) => sources[0]!.activity === "held back");
    const taken = offered.bytes;
    for (let look = 0; look < 50; look++) {
      const { sources } = await statusWhen(url, () => true);
      expect(sources[0]).toMatchObject({ activity: "held back", records: full.sources[0]!.records });
    }
    const rise = (await residentBytes(url)) - before;
    expect(offered.bytes - taken).toBeLessThan(mebibyte);
    expect(offered.bytes).toBeLessThan(gibibyte / 4);
    expect(rise).toBeLessThan(64 * mebibyte);

    offered.stopped = true;
    const result = ended(child);
    await offered.done;
    child.stdin!.end();
    const { code, stdout } = await result;
    expect(code).toBe(0);
    const counted = stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { ts: number; window?: string });
    const smallest = counted.filter((line) => line.window === undefined || line.window === "1s");
    expect(smallest.map((line) => line.ts)).toEqual(Array.from({ length: next }, (_, i) => secondsApart * i));
  });
}
