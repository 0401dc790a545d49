/** Where chance comes from. Seeded, it gives the same numbers in every run and on every machine. */
export interface Random {
  /** The next number, 0 <= n < 1, with 32 bits of chance in it. */
  next(): number;
  /** The next whole number, 0 <= n < `below`. `below` is at most 2^32. */
  below(below: number): number;
}

/**
 * A generator for a 32-bit seed. Algorithm: sfc32 by Chris Doty-Humphrey (PractRand), seeded by splitmix32.
 * Fast and well mixed; not for secrets.
 */
export function seededRandom(seed: number): Random {
  let mix = seed | 0;
  const split = () => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix ^ (mix >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let a = split();
  let b = split();
  let c = split();
  let counter = 1;
  const word = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) word();
  return {
    next: () => word() / 0x1_0000_0000,
    below: (below) => Math.floor((word() / 0x1_0000_0000) * below),
  };
}

/** A generator with a seed nobody chose: for jitter in production. */
export function systemRandom(): Random {
  return seededRandom(crypto.getRandomValues(new Uint32Array(1))[0]!);
}
