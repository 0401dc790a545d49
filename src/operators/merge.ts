import type { Operator } from "../core/operator.ts";

/**
 * Hands on the records of several streams as they come; the order between streams is not promised. Event time behind it is
 * the lowest of the streams that are neither silent nor ended.
 */
export function merge<T>(): Operator<T, T> {
  return { kind: "merge", open: (context) => ({ record: (value) => context.emit(value) }) };
}
