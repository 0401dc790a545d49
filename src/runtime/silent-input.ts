import type { Clock } from "../core/clock.ts";
import type { Feed } from "./feed.ts";

/** Calls `then` once no open source has given anything for `limitMs`; not after the last one has ended, nor once `stop` has aborted. */
export function whenSilent(
  feeds: readonly Feed[],
  limitMs: number,
  clock: Clock,
  stop: AbortSignal,
  then: () => void,
): { cancel(): void } {
  const look = () => {
    const open = feeds.filter((feed) => !feed.ended);
    if (open.length === 0) return;
    const silentMs = Math.min(...open.map((feed) => feed.status().silentMs));
    if (silentMs >= limitMs) then();
    else if (!stop.aborted) timer = clock.timer(Math.max(1, limitMs - silentMs), look);
  };
  let timer = clock.timer(limitMs, look);
  return { cancel: () => timer.cancel() };
}
