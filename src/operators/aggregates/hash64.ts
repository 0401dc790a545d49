/** A hash of 64 bits, in two halves. One object is filled again and again. */
export interface Hash64 {
  high: number;
  low: number;
}

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/**
 * Fills `into` with a hash of a text or a number, the same in every run. Two lanes, each a bijection of its state at every
 * step, with the finish of MurmurHash3's 128-bit form (Austin Appleby, public domain). Fast and well mixed; not for secrets.
 */
export function hash64(key: string | number, into: Hash64): void {
  let a = 0x9368e53c | 0;
  let b = 0x586dcd20 | 0;
  if (typeof key === "string") {
    for (let i = 0; i < key.length; i++) {
      const unit = key.charCodeAt(i);
      a = step(a, unit, 13, 0x85ebca77);
      b = step(b, unit, 17, 0xc2b2ae3d);
    }
    a ^= key.length;
  } else {
    float[0] = key + 0;
    a = step(step(~a, words[0]!, 13, 0x85ebca77), words[1]!, 13, 0x85ebca77);
    b = step(step(~b, words[1]!, 17, 0xc2b2ae3d), words[0]!, 17, 0xc2b2ae3d);
  }
  a = (a + b) | 0;
  b = (b + a) | 0;
  a = finish(a);
  b = finish(b);
  a = (a + b) | 0;
  into.high = a;
  into.low = (b + a) | 0;
}

function step(state: number, word: number, turn: number, factor: number): number {
  const mixed = Math.imul(state ^ word, factor);
  return ((mixed << turn) | (mixed >>> (32 - turn))) + 0x52dce729;
}

function finish(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
