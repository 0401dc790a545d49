/** More objects than these in one value, and looking through them stops being cheap. */
const objectsMax = 16;

/**
 * Whether JSON gives back exactly what it is given: an object or array of plain objects, dense arrays, strings, booleans,
 * null and finite numbers but `-0`, none of it reachable twice. False also for large values, which it does not look through.
 */
export function isPlainJson(value: unknown): boolean {
  return typeof value === "object" && value !== null && isPlain(value, []);
}

function isPlain(value: unknown, seen: object[]): boolean {
  switch (typeof value) {
    case "string":
      return value.isWellFormed();
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "boolean":
      return true;
    case "object":
      return value === null || isPlainObject(value, seen);
    default:
      return false;
  }
}

function isPlainObject(value: object, seen: object[]): boolean {
  if (seen.length === objectsMax || seen.includes(value)) return false;
  seen.push(value);
  const isArray = Array.isArray(value);
  if (Object.getPrototypeOf(value) !== (isArray ? Array.prototype : Object.prototype)) return false;
  const keys = Object.keys(value);
  // An array with holes has fewer keys than its length says, one with properties of its own more.
  if (isArray && keys.length !== value.length) return false;
  for (const key of keys) {
    if (!key.isWellFormed() || !isPlain((value as Record<string, unknown>)[key], seen)) return false;
  }
  return true;
}
