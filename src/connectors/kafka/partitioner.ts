const seed = 0x9747b28c;
const mix = 0x5bd1e995;

/** The hash that Kafka's Java client spreads keys with: MurmurHash2 by Austin Appleby, 32 bits, signed. */
export function murmur2(key: Uint8Array): number {
  const whole = key.length & ~3;
  let hash = seed ^ key.length;
  for (let at = 0; at < whole; at += 4) {
    const word = key[at]! | (key[at + 1]! << 8) | (key[at + 2]! << 16) | (key[at + 3]! << 24);
    let mixed = Math.imul(word, mix);
    mixed = Math.imul(mixed ^ (mixed >>> 24), mix);
    hash = Math.imul(hash, mix) ^ mixed;
  }
  if (whole < key.length) {
    for (let at = key.length - 1; at >= whole; at--) hash ^= key[at]! << (8 * (at - whole));
    hash = Math.imul(hash, mix);
  }
  hash = Math.imul(hash ^ (hash >>> 13), mix);
  return hash ^ (hash >>> 15);
}

/** The partition that Java's client, and so Kafka Streams, Flink and Connect, gives a key. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
