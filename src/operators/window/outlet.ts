import type { Cell } from "./cells.ts";

/** Where a window step lets out what its windows hold: results for people, or parts of them for another task. */
export interface WindowOutlet {
  /** Lets a cell's content out, if it changed; `keep` says that it may have to be compared with a later one. */
  emit(cell: Cell, keep: boolean): void;
  /** Whether something that was let out has not left yet. */
  readonly busy: boolean;
  /** Does `work` when all that was let out before has left the step: at once, unless it is more than those behind can take. */
  after(work: () => void): void;
  /** Resolves when all that was let out has left; undefined when it has. Left out where it always has. */
  emptied?(): Promise<void> | undefined;
  /** How far event time may be passed on, given how far it has come: left out where it always may be all of it. */
  upTo?(time: number): number;
  /** Whether cells that changed after their window's end are let out again with event time as it was restored. */
  readonly resumes: boolean;
}
