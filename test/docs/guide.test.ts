import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { type Block, blocksOf } from "./blocks.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A folder such as a user has after `npm install millrace`, with the package as it is built here. */
async function userFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-guide-"));
  await mkdir(join(folder, "node_modules", ".bin"), { recursive: true });
  await symlink(root, join(folder, "node_modules", "millrace"));
  await symlink(join(root, "bin", "millrace.mjs"), join(folder, "node_modules", ".bin", "millrace"));
  return folder;
}

async function shell(command: string, folder: string): Promise<string> {
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const { stdout } = await promisify(execFile)("bash", ["-euc", command], {
    cwd: folder,
    env: { ...process.env, PATH: path, NODE_OPTIONS: "" },
  });
  return stdout;
}

/** Runs a page block by block: files are written, commands run, and what they print must be what the page shows next. */
async function follow(page: string): Promise<number> {
  const folder = await userFolder();
  let printed = "";
  let ran = 0;
  try {
    for (const block of blocksOf(await readFile(join(root, page), "utf8"))) {
      printed = await followOne(block, folder, printed, `${page}:${block.line}`);
      ran += 1;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return ran;
}

async function followOne(block: Block, folder: string, printed: string, place: string): Promise<string> {
  const file = /file=(\S+)/.exec(block.words)?.[1];
  if (file !== undefined) await writeFile(join(folder, file), block.text);
  else if (block.words === "output") expect(printed.trimEnd(), place).toBe(block.text.trimEnd());
  // The package is not fetched from the registry: what is tested is the one built here.
  else if (block.language === "sh") return shell(block.text.replace(/^npm install millrace$/m, "true"), folder);
  else expect.fail(`${place}: a block that is neither a file, nor a command, nor its output`);
  return printed;
}

test("docs/guide/first-pipeline.md does what it says, block by block", async () => {
  expect(await follow("docs/guide/first-pipeline.md")).toBeGreaterThan(10);
});
