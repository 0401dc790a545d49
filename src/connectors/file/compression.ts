import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from "node:zlib";

/** How a file or stream is packed. */
export type Compression = "gzip" | "zstd";

/** The first bytes of each kind. A Zstandard file may also begin with a skippable frame, as pzstd's do. */
const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["zstd", [0x50, 0x2a, 0x4d, 0x18]],
];

/** How many bytes {@link compressionOf} needs to be sure. */
export const magicBytes = 4;

/** How the stream that begins with `bytes` is packed; `"unsure"` when more bytes are needed to tell. */
export function compressionOf(bytes: Uint8Array): Compression | "none" | "unsure" {
  let unsure = false;
  for (const [kind, magic] of magics) {
    const count = Math.min(magic.length, bytes.length);
    if (!magic.slice(0, count).every((byte, at) => bytes[at] === byte)) continue;
    if (count === magic.length) return kind;
    unsure = true;
  }
  return unsure ? "unsure" : "none";
}

const outputBytes = 256 * 1024;

/**
 * What `pieces` unpack to. Takes a piece only when what came of the one before was asked for, so an archive that unpacks
 * to a thousand times its size costs no memory. Several archives in one, one after another, are unpacked in turn; zeros
 * after a gzip member are padding. Throws Node's zlib error on a corrupt or truncated archive. Each piece must stay as
 * it is until the next is asked for.
 */
export async function* decompressed(
  kind: Compression,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, void> {
  const source = pieces[Symbol.asyncIterator]();
  try {
    let first = await nextPiece(source);
    while (first !== undefined) {
      const unpacker = kind === "gzip" ? createGunzip(options) : createZstdDecompress(options);
      const fed = feed(unpacker, first, source);
      // What fails while feeding fails the reading below, and is told there.
      fed.catch((cause: Error) => unpacker.destroy(cause));
      try {
        yield* unpacker as AsyncIterable<Buffer>;
        const left: Uint8Array | undefined = await fed;
        first = left === undefined ? undefined : await nextArchive(kind, left, source);
      } finally {
        unpacker.destroy();
      }
    }
  } finally {
    await source.return?.();
  }
}

const options = { chunkSize: outputBytes };

/**
 * Writes `first`, then the pieces, until they end, or the unpacker has come to the end of an archive with bytes left:
 * Node then ends the stream and would let them fall. Returns those bytes, for an unpacker of their own.
 */
async function feed(
  unpacker: Gunzip | ZstdDecompress,
  first: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): Promise<Uint8Array | undefined> {
  let written = 0;
  for (let piece: Uint8Array | undefined = first; piece !== undefined; piece = await nextPiece(source)) {
    await write(unpacker, piece);
    written += piece.length;
    const left = written - unpacker.bytesWritten;
    if (left > 0) return piece.subarray(piece.length - left);
  }
  unpacker.end();
  return undefined;
}

function write(unpacker: Gunzip | ZstdDecompress, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    unpacker.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}

async function nextPiece(source: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  for (;;) {
    const next = await source.next();
    if (next.done === true) return undefined;
    if (next.value.length > 0) return next.value;
  }
}

/** Where the next archive begins in what follows one; undefined when none does. */
async function nextArchive(
  kind: Compression,
  left: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): Promise<Uint8Array | undefined> {
  let piece: Uint8Array | undefined = left;
  while (piece !== undefined) {
    const begin = kind === "gzip" ? piece.findIndex((byte) => byte !== 0) : 0;
    if (begin >= 0) return piece.subarray(begin);
    piece = await nextPiece(source);
  }
  return undefined;
}
