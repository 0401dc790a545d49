import type { OperatorStep } from "../plan/plan.ts";

/**
 * Why a step cannot work on one of several partitions, and what to do about it; undefined if it can. `keyed`: all records of a
 * key come to its task; `exchanged`: they have come through an exchange.
 */
export function wrongOver({ operator }: OperatorStep, keyed: boolean, exchanged: boolean): string | undefined {
  const { kind, spread, stateVersion } = operator;
  if (spread?.kind === "single") {
    return `"${kind}" needs all records in one task, and the source has several partitions: give it a topic of one partition`;
  }
  if (spread?.kind === "clock" && exchanged) {
    return `"${kind}" stands behind an exchange, where the order of a partition is gone: put it before the keyBy or the window`;
  }
  if (stateVersion === undefined || spread !== undefined || keyed) return undefined;
  return `"${kind}" keeps state for all records together, and the source has several partitions: put a keyBy before it, or give it a topic of one partition`;
}
