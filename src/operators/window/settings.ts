import type { Windows } from "../../time/windows.ts";
import type { Aggregate } from "../aggregates/aggregate.ts";

/** How a window step is set, checked. */
export interface WindowSettings {
  readonly windows: Windows;
  /** How long after its end a window takes late records; 0 if they are dropped. */
  readonly latenessMs: number;
  readonly names: readonly string[];
  readonly aggregates: readonly Aggregate<never, unknown>[];
}
