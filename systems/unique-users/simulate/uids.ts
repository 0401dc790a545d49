/** One user in this many has a number for an id. */
const numericEvery = 32;

/**
 * The JSON text of a user's id, the same whenever it is asked for: a string of 19 hexadecimal digits, for one user in 32
 * a number of 13 digits. Different users (numbers below 2^32) have different ids. The mixing is the finalizer of
 * MurmurHash3 by Austin Appleby, which is one-to-one on 32 bits.
 */
export function uidText(user: number, seed: number): string {
  const first = mixed(user ^ seed);
  if (first % numericEvery === 0) return `${1_000_000_000_000 + first}`;
  const second = mixed(first ^ 0x5bd1e995);
  return `"${hex(first)}${hex(second)}${hex(mixed(second ^ seed)).slice(0, 3)}"`;
}

function mixed(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
