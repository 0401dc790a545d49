import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { test } from "vitest";
import { type FileSourceOptions, fileSink, fileSource } from "../../src/connectors/file/index.ts";
import { sinkConformance, sourceConformance } from "../../src/testing/index.ts";

const lines = Array.from({ length: 40 }, (_, n) => `line ${n} ${"x".repeat(n % 7)} äö`);

async function inFolder<F>(make: (folder: string) => Promise<F>) {
  const folder = await mkdtemp(join(tmpdir(), "millrace-conformance-"));
  const fixture = await make(folder);
  return { ...fixture, dispose: () => rm(folder, { recursive: true }) };
}

function source(files: readonly (readonly string[])[], options: FileSourceOptions = {}, packed = false) {
  return () =>
    inFolder(async (folder) => {
      const paths: string[] = [];
      for (const [index, content] of files.entries()) {
        const path = join(folder, `${index}.txt`);
        const text = `${content.join("\n")}\n`;
        await writeFile(path, packed ? gzipSync(text) : text);
        paths.push(path);
      }
      return { source: fileSource(paths, options), expected: { files: files.flat() } };
    });
}

const small = { readBytes: 64, batchRecordsMax: 3 };

const sink = () =>
  inFolder(async (folder) => {
    const path = join(folder, "out.txt");
    const arrived = async () => (await readFile(path, "utf8")).split("\n").slice(0, -1);
    return {
      sink: fileSink<string>(path, { pendingBytesMax: 200 }),
      value: (n: number) => `value ${n}`,
      text: (n: number) => JSON.stringify(`value ${n}`),
      arrived,
      fullAfter: 20,
    };
  });

const cases = [
  ...sourceConformance("file source", source([lines])),
  ...sourceConformance(
    "file source of several files, in small blocks",
    source(
      [lines.slice(0, 15), [], lines.slice(15)].filter((part) => part.length > 0),
      small,
    ),
  ),
  ...sourceConformance("file source of a packed file", source([lines], small, true)),
  ...sinkConformance("file sink", sink),
];

for (const { name, run } of cases) test(name, run);
