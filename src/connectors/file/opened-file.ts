import { dirname, join } from "node:path";
import type { Origin } from "../../codecs/cut-batch.ts";
import type { Disk, DiskFile } from "../../core/disk.ts";
import { MillraceError, reasonOf } from "../../core/errors.ts";
import type { Position } from "../../core/records.ts";
import { type ByteInput, discard, FileInput, PieceInput, readFully } from "./byte-input.ts";
import { type Compression, compressionOf, decompressed } from "./compression.ts";
import type { FilePosition } from "./file-position.ts";
import { beginsWith, type Fingerprint, fingerprint, headBytesMax, tailBytesMax } from "./fingerprint.ts";

const pieceBytes = 128 * 1024;

/** A file open for reading, unpacked if it is packed. */
export class OpenedFile implements Origin {
  readonly name: string;
  readonly index: number;
  readonly identity: string;
  readonly compression: Compression | undefined;
  readonly input: ByteInput;
  readonly #file: DiskFile;
  #head: Fingerprint;

  private constructor(name: string, index: number, file: DiskFile, identity: string, head: Uint8Array) {
    const kind = compressionOf(head);
    this.name = name;
    this.index = index;
    this.identity = identity;
    this.compression = kind === "gzip" || kind === "zstd" ? kind : undefined;
    this.input = this.compression === undefined ? new FileInput(file, 0) : unpacking(file, this.compression);
    this.#file = file;
    this.#head = fingerprint(head);
  }

  /** Opens a file at its beginning. Rejects with `ML3001`. */
  static async open(disk: Disk, path: string, index: number): Promise<OpenedFile> {
    let file: DiskFile | undefined;
    try {
      file = await disk.open(path, "r");
      const { identity } = await file.stat();
      return new OpenedFile(path, index, file, identity, await readHead(file));
    } catch (cause) {
      await file?.close().catch(() => undefined);
      throw unreadable(path, cause);
    }
  }

  /** Goes on from a position. Rejects with `ML3002`, and closes the file, when it is not the one the position is of. */
  async seek(to: FilePosition): Promise<void> {
    try {
      const fault = await this.#seek(to);
      if (fault === undefined) return;
      throw new MillraceError("ML3002", {
        message: `${this.name} ${fault}`,
        position: `${to.name}, byte ${to.offset}`,
      });
    } catch (thrown) {
      await this.close();
      throw thrown instanceof MillraceError ? thrown : unreadable(this.name, thrown);
    }
  }

  async #seek(to: FilePosition): Promise<string | undefined> {
    if (!beginsWith(await readHead(this.#file), to.head)) return "does not begin as it did";
    const tailStart = to.offset - to.tail[0];
    const { input } = this;
    if (input instanceof FileInput) {
      const { size } = await this.#file.stat();
      if (size < to.offset) return `has only ${size} bytes by now`;
      input.position = tailStart;
    } else {
      const there = await discard(input, tailStart);
      if (there < tailStart) return `unpacks to only ${there} bytes by now`;
    }
    const tail = new Uint8Array(to.tail[0]);
    await readFully(input, tail);
    return beginsWith(tail, to.tail) ? undefined : "does not hold what was read before that place";
  }

  /** Remembers more of the beginning of a file that was short when it was opened and has grown. */
  async grown(): Promise<void> {
    if (this.#head[0] < headBytesMax) this.#head = fingerprint(await readHead(this.#file));
  }

  /** No read may be under way. */
  async close(): Promise<void> {
    await this.input.close();
    await this.#file.close();
  }

  position(offset: number, before: Uint8Array): Position {
    const tail = fingerprint(before, Math.max(0, before.length - tailBytesMax));
    const position: FilePosition = {
      file: this.index,
      name: this.name,
      offset,
      identity: this.identity,
      head: this.#head,
      tail,
    };
    return position as unknown as Position;
  }
}

/** Finds the file that a position was taken from when it no longer has its path: rotated, it has another name in its folder. */
export async function findRotated(disk: Disk, path: string, identity: string): Promise<string | undefined> {
  const folder = dirname(path);
  for (const name of await disk.list(folder)) {
    const candidate = join(folder, name);
    if ((await disk.stat(candidate))?.identity === identity) return candidate;
  }
  return undefined;
}

/** What went wrong reading `path`, as `ML3001`. */
export function unreadable(path: string, cause: unknown, offset?: number): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const position = offset === undefined ? undefined : `${path}, byte ${offset}`;
  const pipe = (cause as NodeJS.ErrnoException | undefined)?.code === "ESPIPE";
  const reason = pipe ? "it is a pipe, which only a stream source can read" : reasonOf(cause);
  return new MillraceError("ML3001", { message: `${path} cannot be read: ${reason}`, position, cause });
}

async function readHead(file: DiskFile): Promise<Uint8Array> {
  const head = new Uint8Array(headBytesMax);
  return head.subarray(0, await readFully(new FileInput(file, 0), head));
}

function unpacking(file: DiskFile, kind: Compression): PieceInput {
  const taken = { bytes: 0 };
  return new PieceInput(decompressed(kind, readPieces(file, taken)), taken);
}

async function* readPieces(file: DiskFile, taken: { bytes: number }): AsyncGenerator<Uint8Array, void, void> {
  const piece = new Uint8Array(pieceBytes);
  for (;;) {
    const count = await file.read(piece, taken.bytes);
    if (count === 0) return;
    taken.bytes += count;
    yield piece.subarray(0, count);
  }
}
