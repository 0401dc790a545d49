import { fstatSync, type Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { MillraceError } from "../core/errors.ts";

/** A file that the user named, and the option it was named by. */
export interface NamedFile {
  readonly option: string;
  readonly path: string;
  /** Whether `-` stands for stdin or stdout here, and not for a file of that name. */
  readonly dash?: boolean;
}

/** The files of a run. */
export interface FilesOfRun {
  readonly inputs: readonly NamedFile[];
  readonly outputs: readonly NamedFile[];
  /** The folder of the state. */
  readonly state?: string | undefined;
}

/** A file that was found, by what makes it the same as another. */
interface Found extends NamedFile {
  readonly place: string;
  /** Two paths with one identity are one file; undefined for what may be shared, such as `/dev/null`. */
  readonly identity: string | undefined;
}

/**
 * Rejects with `ML1002`, before anything is written, when the files of a run cannot be what the user meant: an output that
 * is an input or another output, under whatever name or link; an input or output inside the folder of the state; a folder
 * or a pipe where a file must be; an output in a folder that does not exist; an empty path. An input that does not exist
 * is left to the source, which may wait for it.
 */
export async function checkFiles({ inputs, outputs, state }: FilesOfRun): Promise<void> {
  if (state !== undefined) await checkState(state);
  const folder = state === undefined ? undefined : await placeOf(state);
  const read = await Promise.all(inputs.map((file) => find(file, "input")));
  const written: Found[] = [];
  for (const file of outputs) {
    const found = await find(file, "output");
    const same = [...read, ...written].find((other) => isSame(other, found));
    if (same !== undefined) {
      const what = read.includes(same) ? "would overwrite the input of" : "is already the output of";
      throw unusable(found, `${what} ${same.option}; give a file of its own`);
    }
    written.push(found);
  }
  const inside = [...read, ...written].find(
    ({ place }) => folder !== undefined && `${place}${sep}`.startsWith(folder + sep),
  );
  if (inside !== undefined)
    throw unusable(inside, `lies in the folder of --state, ${state}, which is the engine's own`);
}

async function checkState(path: string): Promise<void> {
  const file = { option: "--state", path };
  if (path === "") throw unusable(file, "is empty; give a folder");
  const found = await statOf(path);
  if (found !== undefined && !found.isDirectory()) throw unusable(file, "is not a folder");
}

async function find(file: NamedFile, use: "input" | "output"): Promise<Found> {
  if (file.path === "-" && file.dash === true) return findStream(file, use);
  if (file.path === "-") throw unusable(file, "stands for no stream here; give a file (./- if it is called that)");
  if (file.path === "") throw unusable(file, "is empty; give a file");
  const found = await statOf(file.path);
  if (found?.isDirectory()) throw unusable(file, "is a folder; give a file");
  if (found?.isFIFO() || found?.isSocket()) throw unusable(file, pipeAdvice[use]);
  if (found === undefined && use === "output") await checkParent(file);
  const place = await placeOf(file.path);
  return { ...file, place, identity: found === undefined ? place : identityOf(found) };
}

const pipeAdvice = {
  input: "is a pipe, which only stdin can read; give - and let the pipe be stdin",
  output: "is a pipe, in which nothing can be corrected after a crash; give a file, or let stdout be the pipe",
};

/** What stdin or stdout leads to, if that is a file. */
function findStream(file: NamedFile, use: "input" | "output"): Found {
  try {
    return { ...file, place: "", identity: identityOf(fstatSync(use === "input" ? 0 : 1)) };
  } catch {
    // A closed stream leads nowhere.
    return { ...file, place: "", identity: undefined };
  }
}

async function checkParent(file: NamedFile): Promise<void> {
  const folder = dirname(file.path);
  const found = await statOf(folder);
  if (found === undefined) throw unusable(file, `cannot be made: there is no folder ${folder}`);
  if (!found.isDirectory()) throw unusable(file, `cannot be made: ${folder} is not a folder`);
}

function isSame(a: Found, b: Found): boolean {
  return a.identity !== undefined && a.identity === b.identity;
}

function identityOf(found: Stats): string | undefined {
  return found.isFile() ? `${found.dev}:${found.ino}` : undefined;
}

/** What lies there, links followed; undefined when nothing does, or when it cannot be seen: whoever opens it will say why. */
async function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

/** The path without links, as far as it exists. */
async function placeOf(path: string): Promise<string> {
  const full = resolve(path);
  const real = await realpath(full).catch(() => undefined);
  if (real !== undefined) return real;
  const parent = dirname(full);
  return parent === full ? full : join(await placeOf(parent), basename(full));
}

function unusable({ option, path }: NamedFile, why: string): MillraceError {
  return new MillraceError("ML1002", { message: `${option}: ${JSON.stringify(path)} ${why}` });
}
