import type { Meter } from "../core/meter.ts";

/** A meter that nobody reads. */
export const silentMeter: Meter = {
  counter: () => ({ value: 0 }),
  gauge: () => {},
  warn: () => {},
};
