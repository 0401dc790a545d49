import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { sleep, systemClock } from "./clock.ts";
import { MillraceError } from "./errors.ts";
import { isAlive, type ProcessIdentity, thisProcess } from "./process-identity.ts";

/** How long to wait for another starter to make up its mind. The machine's own time: processes have no other in common. */
const patienceMs = 2_000;
const pollMs = 10;

const namePattern = /^((\d{1,10})\.(\d{1,20}|x)\.([0-9a-f-]{1,64}|x)\.([0-9a-f-]{36}))\.claim$/;

/** Who asks for the lock, and whether it has got it: a file `.claim` in the lock's folder, and then a file `.held` too. */
interface Claim extends ProcessIdentity {
  readonly token: string;
  readonly held: boolean;
  /** Its path, without `.claim` or `.held`. */
  readonly stem: string;
}

/**
 * Takes the lock at `path`, which becomes a folder, for this process; resolves to what releases it, or rejects with
 * `ML5001` naming the holder's process id. A lock whose process is dead is taken over.
 *
 * Each starter makes a file of its own, then looks at the others'. Whoever looks second sees the first, so two can never
 * both see none; of several that ask at the same time the lowest token goes on and the others yield. All that is known of
 * a claim stands in names that are never used again: so making and removing one are single atomic steps, and removing a
 * dead process's file can never hit that of a living one. A claim stays while it is held: if it were renamed instead,
 * a reader of the folder might meet neither name.
 *
 * Not promised: between machines, or between containers that do not see each other's processes.
 */
export async function processLock(path: string): Promise<() => Promise<void>> {
  await mkdir(path, { recursive: true });
  const token = randomUUID();
  const me = await thisProcess();
  const stem = join(path, `${me.pid}.${me.startTime}.${me.bootId}.${token}`);
  await makeFile(`${stem}.claim`);
  try {
    await winAgainstOthers(path, token);
    await makeFile(`${stem}.held`);
  } catch (error) {
    await removeClaim(stem);
    throw error;
  }
  return () => removeClaim(stem);
}

/** Resolves when no other living process holds the lock or has a better claim. */
async function winAgainstOthers(folder: string, token: string): Promise<void> {
  const giveUpAt = systemClock.monotonic() + patienceMs;
  for (;;) {
    const others = await livingClaims(folder, token);
    if (others.length === 0) return;
    const winner = others.find((claim) => claim.held || claim.token < token);
    if (winner !== undefined || systemClock.monotonic() > giveUpAt) {
      const { pid } = winner ?? others[0]!;
      throw new MillraceError("ML5001", { message: `process ${pid} holds ${folder}` });
    }
    await sleep(systemClock, pollMs);
  }
}

/** The claims of living processes but our own. Those of dead ones are removed. */
async function livingClaims(folder: string, token: string): Promise<Claim[]> {
  const names = await readdir(folder);
  const held = new Set(names.filter((name) => name.endsWith(".held")).map((name) => name.slice(0, -".held".length)));
  const living: Claim[] = [];
  for (const name of names) {
    const claim = parseClaim(folder, name, held);
    if (claim === undefined || claim.token === token) continue;
    if (await isAlive(claim)) living.push(claim);
    else await removeClaim(claim.stem);
  }
  return living;
}

function parseClaim(folder: string, name: string, held: ReadonlySet<string>): Claim | undefined {
  const match = namePattern.exec(name);
  if (match === null) return undefined;
  const [, stem, pid, startTime, bootId, token] = match;
  return {
    pid: Number(pid),
    startTime: startTime!,
    bootId: bootId!,
    token: token!,
    held: held.has(stem!),
    stem: join(folder, stem!),
  };
}

async function makeFile(path: string): Promise<void> {
  await (await open(path, "wx")).close();
}

/** The claim goes last: until then whoever looks sees it. */
async function removeClaim(stem: string): Promise<void> {
  for (const path of [`${stem}.held`, `${stem}.claim`]) {
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }
}
