import { expect, test } from "vitest";
import { seededRandom } from "../core/random.ts";
import { SimDisk, type Survival } from "../testing/sim-disk.ts";
import { beats, ScriptedRun, scriptedStates } from "./test-kit/scripted-run.ts";

const survivals: readonly Survival[] = ["nothing", "everything", "random", "random", "random"];

/** A crash at operation `n`, before or after its effect. */
interface CrashPoint {
  readonly n: number;
  readonly done: boolean;
  readonly survival: Survival;
  readonly seed: number;
}

function diskThatCrashes({ n, done, survival, seed }: CrashPoint, from?: SimDisk): SimDisk {
  const onOperation = (at: number, _name: string, _path: string, isDone: boolean) => {
    if (at === n && isDone === done) disk.crash(survival);
  };
  const options = { random: seededRandom(seed), onOperation };
  const disk: SimDisk = from === undefined ? new SimDisk(options) : from.restart(options);
  return disk;
}

function pointsUpTo(operations: number): CrashPoint[] {
  const points: CrashPoint[] = [];
  for (let n = 1; n <= operations; n++) {
    for (const done of [false, true]) {
      survivals.forEach((survival, i) => void points.push({ n, done, survival, seed: n * 100 + i }));
    }
  }
  return points;
}

const untouched = { onOperation: undefined };
const states = scriptedStates();

async function expectOneOf(run: ScriptedRun, acknowledged: number, text: string): Promise<void> {
  const { id, state } = await run.restore();
  expect([acknowledged, acknowledged + 1], text).toContain(id);
  expect(state, text).toBe(states[id]);
  expect(run.warnings.join(), text).toBe("");
}

async function operationsOfAWholeRun(): Promise<number> {
  const disk = new SimDisk({ random: seededRandom(1) });
  const run = new ScriptedRun(disk);
  await run.go();
  expect(run.acknowledged).toBe(beats);
  expect(run.status().compactions).toBe(2);
  return disk.operations;
}

test("a crash at any operation leaves the last checkpoint or the one under way", async () => {
  const operations = await operationsOfAWholeRun();
  expect(operations).toBeGreaterThan(80);
  for (const point of pointsUpTo(operations)) {
    const disk = diskThatCrashes(point);
    const run = new ScriptedRun(disk);
    await run.go();
    const text = JSON.stringify(point);
    const after = new ScriptedRun(disk.restart(untouched));
    await expectOneOf(after, run.acknowledged, text);
    await after.go();
    expect(after.acknowledged, text).toBe(beats);
    const last = new ScriptedRun(after.disk.restart(untouched));
    expect((await last.restore()).state, text).toBe(states[beats]);
  }
});

test("a crash at any operation of the recovery from a crash loses nothing either", async () => {
  const operations = await operationsOfAWholeRun();
  const random = seededRandom(7);
  const points = pointsUpTo(operations);
  for (let i = 0; i < 40; i++) {
    const first = points[random.below(points.length)]!;
    const disk = diskThatCrashes(first);
    const run = new ScriptedRun(disk);
    await run.go();
    for (const second of pointsUpTo(24)) {
      const again = diskThatCrashes(second, disk);
      const recovering = new ScriptedRun(again);
      await recovering.go();
      const acknowledged = Math.max(run.acknowledged, recovering.acknowledged);
      const text = JSON.stringify([first, second]);
      const { id, state } = await new ScriptedRun(again.restart(untouched)).restore();
      // The first crash may have left the checkpoint under way, and the second run may have begun one more on top.
      const from = Math.max(acknowledged, recovering.restored);
      expect([from, from + 1], text).toContain(id);
      expect(state, text).toBe(states[id]);
    }
  }
});
