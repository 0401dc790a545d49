import { MillraceError } from "../core/errors.ts";
import type { Checkpoint, CheckpointStore } from "../core/state.ts";

/** Checkpoints in memory, and what a test may ask of them. */
export interface MemoryCheckpoints extends CheckpointStore {
  /** The newest checkpoint; undefined before the first. */
  readonly checkpoint: Checkpoint | undefined;
  /**
   * A store of its own over the same checkpoints, as another process has it. Opening one fences those opened before:
   * their commits are refused with `ML5001`.
   */
  connect(): CheckpointStore;
}

interface Kept {
  checkpoint: Checkpoint | undefined;
  readonly changes: { readonly store: string; readonly key: string; readonly value: Uint8Array | undefined }[];
  /** Which of those that opened it may write. */
  owner: number;
}

/**
 * Checkpoints in memory, for tests that crash and go on: give the same one to the next run. It replays the changes as they
 * were collected, so that a store whose changelog is wrong is found out; so its memory grows with each checkpoint.
 */
export function memoryCheckpoints(): MemoryCheckpoints {
  const kept: Kept = { checkpoint: undefined, changes: [], owner: 0 };
  return {
    ...connected(kept),
    get checkpoint() {
      return kept.checkpoint;
    },
    connect: () => connected(kept),
  };
}

function connected(kept: Kept): CheckpointStore {
  let self = 0;
  return {
    open: async (onChange) => {
      self = ++kept.owner;
      for (const { store, key, value } of kept.changes) onChange(store, key, value);
      return structuredClone(kept.checkpoint);
    },
    commit: async (checkpoint, changes) => {
      if (self !== kept.owner)
        throw new MillraceError("ML5001", { message: "a later run has taken these checkpoints" });
      for (const { store, changes: entries } of changes) {
        for (const [key, value] of entries) kept.changes.push({ store, key, value });
      }
      kept.checkpoint = structuredClone(checkpoint);
    },
    close: async () => {},
  };
}
