import { durationText } from "../../core/duration.ts";

const farthestMs = 8.64e15;

/** Whether a moment is one that a calendar has: within 100 million days of the epoch. */
export function isMoment(time: number): boolean {
  return Math.abs(time) <= farthestMs;
}

/** A moment for people: `"2016-07-11T13:39:00Z"`, with milliseconds only where there are any. */
export function momentText(time: number): string {
  return isMoment(time) ? new Date(time).toISOString().replace(".000Z", "Z") : `${time} ms`;
}

/** A window for people: `"2016-07-11T13:39:00Z +1m"`. */
export function windowText(start: number, end: number): string {
  return `${momentText(start)} +${durationText(end - start)}`;
}

/** What a window waits for: `"window 2016-07-11T13:39:00Z +1m waits for event time 13:40:00Z, it is at 13:39:31Z"`. */
export function waitText(start: number, end: number, watermark: number): string {
  const day = momentText(start).slice(0, 11);
  const short = (time: number) => {
    const text = momentText(time);
    return text.startsWith(day) ? text.slice(day.length) : text;
  };
  const at = watermark === Number.NEGATIVE_INFINITY ? "which has not begun" : `it is at ${short(watermark)}`;
  return `window ${windowText(start, end)} waits for event time ${short(end)}, ${at}`;
}
