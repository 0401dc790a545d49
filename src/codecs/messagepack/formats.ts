// What a MessagePack value's first byte tells, as tables by that byte. Source: the MessagePack specification, "Formats".

/** The byte that begins no value. */
export const NEVER_USED = 0xc1;

/** How many bytes of length, big-endian, follow the first byte: 0, 1, 2 or 4. */
export const lengthBytes = new Uint8Array(256);

/** How many bytes follow the first byte and the length, besides those that the length counts. */
export const contentBytes = new Uint8Array(256);

/** How many values follow for each that the length counts: none after a scalar, 1 in an array, 2 in a map. */
export const valuesPerEntry = new Uint8Array(256);

/** The length, where the first byte itself tells it: of short strings, arrays and maps. */
const shortLength = new Uint8Array(256);

for (let low = 0; low < 16; low++) {
  shortLength[0x80 + low] = shortLength[0x90 + low] = low;
  valuesPerEntry[0x80 + low] = 2;
  valuesPerEntry[0x90 + low] = 1;
}
for (let length = 0; length < 32; length++) shortLength[0xa0 + length] = length;

set(lengthBytes, { 196: 1, 197: 2, 198: 4 }); // bin
set(lengthBytes, { 199: 1, 200: 2, 201: 4 }); // ext
set(lengthBytes, { 217: 1, 218: 2, 219: 4 }); // str
set(lengthBytes, { 220: 2, 221: 4, 222: 2, 223: 4 }); // array, map
set(contentBytes, { 202: 4, 203: 8 }); // float
set(contentBytes, { 204: 1, 205: 2, 206: 4, 207: 8, 208: 1, 209: 2, 210: 4, 211: 8 }); // uint, int
set(contentBytes, { 212: 2, 213: 3, 214: 5, 215: 9, 216: 17, 199: 1, 200: 1, 201: 1 }); // ext, its type included
set(valuesPerEntry, { 220: 1, 221: 1, 222: 2, 223: 2 });

function set(table: Uint8Array, values: Readonly<Record<number, number>>): void {
  for (const [byte, value] of Object.entries(values)) table[Number(byte)] = value;
}

/** The length of the value that begins at `at`: bytes of a string, entries of a map, ... The bytes that tell it must be there. */
export function lengthAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  let length = shortLength[first]!;
  const last = at + lengthBytes[first]!;
  for (let i = at + 1; i <= last; i++) length = length * 256 + bytes[i]!;
  return length;
}

/** Whether a value with this first byte is a string. */
export function isString(first: number): boolean {
  return (first >= 0xa0 && first <= 0xbf) || (first >= 0xd9 && first <= 0xdb);
}

/** Whether a value with this first byte holds bytes that are neither text nor a number: bin and ext. */
export function isBinary(first: number): boolean {
  return (first >= 0xc4 && first <= 0xc9) || (first >= 0xd4 && first <= 0xd8);
}
