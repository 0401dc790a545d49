/** What a keyed store takes as a key: primitives, told apart by type, so that `1` and `"1"` are two keys. `-0` is `0`. */
export type StoreKey = string | number | bigint | boolean | null;

const escaped = "'";
const plain = '"';

/**
 * The text under which a key is kept in a changelog. No two keys share one: strings begin with a quotation mark, which no
 * other text does. A string with half a surrogate pair is escaped, since UTF-8 cannot hold it.
 * Throws a `TypeError` at what is no {@link StoreKey}.
 */
export function encodeKey(key: StoreKey): string {
  switch (typeof key) {
    case "string":
      return key.isWellFormed() ? plain + key : escaped + JSON.stringify(key);
    case "number":
    case "boolean":
      return String(key);
    case "bigint":
      return `${key}n`;
    default:
      if (key === null) return "null";
      throw new TypeError(`a ${typeof key} cannot be a key of a store: use a string, number, bigint, boolean or null`);
  }
}

/** The key of a text that {@link encodeKey} gave. Throws on text that is none. */
export function decodeKey(text: string): StoreKey {
  if (text.startsWith(plain)) return text.slice(1);
  if (text.startsWith(escaped)) return JSON.parse(text.slice(1)) as string;
  if (text === "null") return null;
  if (text === "true") return true;
  if (text === "false") return false;
  if (text.endsWith("n")) return BigInt(text.slice(0, -1));
  if (text === "NaN") return Number.NaN;
  const number = Number(text);
  if (text === "" || Number.isNaN(number)) throw new TypeError(`${JSON.stringify(text)} is not the key of a store`);
  return number;
}
