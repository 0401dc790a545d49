/** `value` if it is a number that can be computed with; throws for NaN, the infinities and what is no number at all. */
export function finite(kind: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new TypeError(`${kind} needs a finite number, not ${typeof value === "number" ? value : typeof value}`);
}

/** A number as JSON data that keeps the infinities and NaN, which JSON has not. {@link fromJson} undoes it. */
export function toJson(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** The number of {@link toJson}. */
export function fromJson(saved: unknown): number {
  return Number(saved);
}
