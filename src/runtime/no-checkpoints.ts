import type { CheckpointStore } from "../core/state.ts";

/** What stands in for a store when a run keeps none: its last checkpoint still makes the sinks safe and acknowledges the sources. */
export const noCheckpoints: CheckpointStore = {
  open: async () => undefined,
  commit: async () => {},
  close: async () => {},
};
