import { MillraceError, reasonOf } from "../core/errors.ts";
import type { Position } from "../core/records.ts";
import type { Checkpoint, CheckpointStore, Stateful } from "../core/state.ts";
import type { Plan } from "../plan/plan.ts";
import { blamed } from "./blame.ts";

/** The state layouts of a plan's steps: what a checkpoint says of them must be the same for it to be restored. */
export function versionsOf(plan: Plan): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const step of plan.steps) {
    if (step.type === "operator" && step.operator.stateVersion !== undefined)
      versions[step.id] = step.operator.stateVersion;
  }
  return versions;
}

/**
 * Opens the store and puts the newest checkpoint's state back into `stores`. Throws `ML5003` when what is stored was
 * written by steps that the plan does not have, or that have changed their layout. A step the store does not know
 * starts empty.
 */
export async function restore(
  plan: Plan,
  store: CheckpointStore,
  stores: ReadonlyMap<string, Stateful>,
): Promise<Checkpoint | undefined> {
  const strangers = new Set<string>();
  let broken: { readonly store: string; readonly cause: unknown } | undefined;
  const checkpoint = await store.open((name, key, value) => {
    const target = stores.get(name);
    if (target === undefined) strangers.add(name);
    if (target === undefined || broken !== undefined) return;
    try {
      target.apply(key, value);
    } catch (cause) {
      broken = { store: name, cause };
    }
  });
  if (checkpoint !== undefined) {
    checkVersions(checkpoint, versionsOf(plan));
    checkEnds(checkpoint, plan);
  }
  if (broken !== undefined) {
    throw unfit(`the stored "${broken.store}" cannot be read: ${reasonOf(broken.cause)}`, broken.store.split("/")[0]!);
  }
  for (const name of strangers) {
    throw unfit(`the state holds "${name}", which no step of the pipeline keeps`, name.split("/")[0]!);
  }
  return checkpoint;
}

/** Tells the stores that all of their state is back; those of later steps first, since an earlier one may hand on something at once. */
export function tellRestored(stores: ReadonlyMap<string, Stateful>): void {
  for (const [name, store] of [...stores].reverse()) {
    try {
      store.restored?.();
    } catch (thrown) {
      throw blamed(thrown, name.split("/")[0]!, undefined);
    }
  }
}

function checkVersions(checkpoint: Checkpoint, versions: Readonly<Record<string, string>>): void {
  for (const [id, stored] of Object.entries(checkpoint.versions)) {
    const now = versions[id];
    if (now === undefined) throw unfit(`the state was written by a pipeline with a step "${id}" that keeps state`, id);
    if (now !== stored) throw unfit(`its state has layout "${stored}", the step now reads "${now}"`, id);
  }
}

function checkEnds(checkpoint: Checkpoint, plan: Plan): void {
  const ids = new Set(plan.steps.map((step) => step.id));
  for (const id of [...Object.keys(checkpoint.sources), ...Object.keys(checkpoint.sinks)]) {
    if (!ids.has(id)) throw unfit(`the state was written by a pipeline with a source or sink "${id}"`, id);
  }
}

function unfit(message: string, step: string): MillraceError {
  return new MillraceError("ML5003", { message, step });
}

/** Where a source has to read on. */
export function resumeOf(checkpoint: Checkpoint | undefined, source: string): ReadonlyMap<string, Position> {
  return new Map(Object.entries(checkpoint?.sources[source] ?? {})) as ReadonlyMap<string, Position>;
}
