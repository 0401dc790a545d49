const shortBytesMax = 32;

type MakeText = (bytes: Uint8Array, start: number) => string;

/** By length. */
const makers: (MakeText | null)[] = [];

/**
 * The text of a few ASCII bytes, or undefined when they are too many: by a function for that length that has all of them as
 * arguments of `String.fromCharCode`, which takes 0.4 of the time of a call into Node. The functions are made from text that
 * holds nothing but numbers; where a process forbids that, there are none.
 */
export function shortText(bytes: Uint8Array, start: number, end: number): string | undefined {
  const length = end - start;
  if (length > shortBytesMax) return undefined;
  const make = makers[length] ?? makerFor(length);
  return make === null ? undefined : make(bytes, start);
}

function makerFor(length: number): MakeText | null {
  if (makers[length] !== undefined) return makers[length];
  const codes = Array.from({ length }, (_, i) => `bytes[start + ${i}]`);
  try {
    makers[length] = new Function("bytes", "start", `return String.fromCharCode(${codes.join(", ")});`) as MakeText;
  } catch {
    makers[length] = null;
  }
  return makers[length];
}
