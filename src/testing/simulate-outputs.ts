import type { Disk } from "../core/disk.ts";
import type { Plan } from "../plan/plan.ts";
import type { MemorySink } from "./memory-sink.ts";

/** Everything a run put out: by sink id for memory sinks, by path for files; a text a value, a line a text. */
export type Outputs = ReadonlyMap<string, readonly string[]>;

/** The values of a plan's memory sinks and the lines of all files that lie outside `stateFolder`. */
export async function outputsOf(plan: Plan, disk: Disk, stateFolder: string): Promise<Outputs> {
  const outputs = new Map<string, readonly string[]>();
  for (const [id, values] of memoryOutputs(plan))
    outputs.set(
      id,
      values.map((value) => JSON.stringify(value)),
    );
  await addFiles(disk, "/", stateFolder, outputs);
  return outputs;
}

/** The memory sinks' values, by sink id. */
export function memoryOutputs(plan: Plan): ReadonlyMap<string, readonly unknown[]> {
  const sinks = new Map<string, readonly unknown[]>();
  for (const step of plan.steps) {
    if (step.type !== "sink") continue;
    const { values } = step.sink as Partial<MemorySink<unknown>>;
    if (values !== undefined) sinks.set(step.id, values);
  }
  return sinks;
}

async function addFiles(
  disk: Disk,
  folder: string,
  except: string,
  into: Map<string, readonly string[]>,
): Promise<void> {
  for (const name of await disk.list(folder)) {
    const path = folder === "/" ? `/${name}` : `${folder}/${name}`;
    if (path === except) continue;
    const found = await disk.stat(path);
    if (found?.identity.startsWith("folder")) await addFiles(disk, path, except, into);
    else into.set(path, await linesOf(disk, path, found?.size ?? 0));
  }
}

async function linesOf(disk: Disk, path: string, bytes: number): Promise<readonly string[]> {
  const content = Buffer.alloc(bytes);
  const file = await disk.open(path, "r");
  await file.read(content, 0);
  await file.close();
  // Latin-1 keeps every byte apart.
  const lines = content.toString("latin1").split("\n");
  const torn = lines.pop();
  return torn === "" ? lines : [...lines, `${torn} (without a newline)`];
}
