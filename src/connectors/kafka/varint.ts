/**
 * Reads Kafka's numbers of variable length (zigzag, seven bits a byte, lowest first), one after another. What runs past
 * `end` or is too long throws a RangeError, so that bytes of another record are never read as part of this one.
 */
export class VarintReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;

  /** The next signed number of at most 32 bits. */
  next(): number {
    const { bytes } = this;
    let at = this.at;
    let byte = bytes[at++]!;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift > 28 || at >= this.end) throw new RangeError("a number is too long");
      byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
    }
    if (at > this.end) throw new RangeError("a number is cut off");
    this.at = at;
    return (value >>> 1) ^ -(value & 1);
  }

  /** The next signed number of at most 64 bits, exact below 2^53. */
  nextLong(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; ; count++) {
      if (count > 9 || this.at >= this.end) throw new RangeError("a number is too long or cut off");
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Steps over a number without reading it. */
  skip(): void {
    while (this.at < this.end) if (this.bytes[this.at++]! < 0x80) return;
    throw new RangeError("a number is cut off");
  }

  /** Steps over so many bytes. */
  pass(count: number): void {
    if (count < 0 || count > this.end - this.at) throw new RangeError("a field is longer than what holds it");
    this.at += count;
  }
}

/** How many bytes a signed number of at most 32 bits takes. */
export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

/** How many bytes a signed whole number below 2^53 takes. */
export function varlongBytes(value: number): number {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  let bytes = 1;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** Writes a signed number of at most 32 bits; returns where the next byte goes. */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let next = at;
  for (; rest >= 0x80; rest >>>= 7) into[next++] = (rest & 0x7f) | 0x80;
  into[next++] = rest;
  return next;
}

/** Writes a signed whole number below 2^53; returns where the next byte goes. */
export function writeVarlong(into: Uint8Array, at: number, value: number): number {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  let next = at;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) into[next++] = (rest % 0x80) | 0x80;
  into[next++] = rest;
  return next;
}
