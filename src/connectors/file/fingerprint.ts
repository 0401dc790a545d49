/** Some bytes of a file, short: how many, and their hash. JSON data. */
export type Fingerprint = readonly [bytes: number, hash: number];

/** How much of a file's beginning is remembered with a position in it. */
export const headBytesMax = 1024;
/** How much of what lies right before a position is remembered with it. */
export const tailBytesMax = 64;

/** The fingerprint of `bytes` from `start` to `end`. Hash: FNV-1a with 32 bits; against mistakes, not against malice. */
export function fingerprint(bytes: Uint8Array, start = 0, end = bytes.length): Fingerprint {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return [end - start, hash >>> 0];
}

/** Whether `bytes` begin with those of the fingerprint. */
export function beginsWith(bytes: Uint8Array, print: Fingerprint): boolean {
  return bytes.length >= print[0] && fingerprint(bytes, 0, print[0])[1] === print[1];
}
