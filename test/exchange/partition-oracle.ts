import type { Windows } from "../../src/time/windows.ts";

/** A record under test. */
export interface Frame {
  readonly ts: number;
  readonly user: string;
  readonly n: number;
}

/** A window and the frames that are in it. */
export interface Filled {
  readonly start: number;
  readonly end: number;
  readonly frames: Frame[];
}

/** What the rules say of frames in several partitions, where each partition's own clock says what is late. */
export function fill(partitions: readonly (readonly Frame[])[], windows: Windows, lagMs: number, latenessMs: number) {
  const filled = new Map<string, Filled>();
  const late: Frame[] = [];
  for (const frames of partitions) {
    let highest = Number.NEGATIVE_INFINITY;
    for (const frame of frames) {
      const bounds = boundsOf(windows, frame.ts);
      const open = bounds.filter(({ end }) => end + latenessMs > highest - lagMs);
      if (open.length < bounds.length) late.push(frame);
      for (const { start, end } of open) {
        const name = `${start}+${end - start}`;
        const known = filled.get(name);
        if (known === undefined) filled.set(name, { start, end, frames: [frame] });
        else known.frames.push(frame);
      }
      highest = Math.max(highest, frame.ts);
    }
  }
  return { filled, late };
}

function boundsOf(windows: Windows, ts: number): { start: number; end: number }[] {
  if (windows.kind === "session") throw new Error("sessions have no bounds of their own");
  const sizes = windows.kind === "tumbling" ? windows.sizesMs : [windows.sizeMs];
  return sizes.flatMap((size) => {
    const every = windows.kind === "tumbling" ? size : windows.everyMs;
    const found = [];
    for (let start = windows.offsetMs - 1000 * every; start <= ts; start += every) {
      if (start + size > ts) found.push({ start, end: start + size });
    }
    return found;
  });
}
