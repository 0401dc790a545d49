import { join } from "node:path";
import type { Disk, DiskFile } from "../core/disk.ts";
import { type SegmentRef, segmentHeader, segmentHeaderBytes, segmentName } from "./segment.ts";

/**
 * A segment being written. Only ever appended to, by the process that made it: after a restart, or a write that failed,
 * changes go to a new one, so that bytes an older checkpoint rests on are never touched.
 */
export class SegmentWriter {
  readonly file: string;
  readonly #disk: DiskFile;
  #bytes = segmentHeaderBytes;

  private constructor(file: string, disk: DiskFile) {
    this.file = file;
    this.#disk = disk;
  }

  /** Makes the file. Its name is not safe from a crash before the folder is synced. */
  static async create(disk: Disk, folder: string, kind: "changes" | "base", number: number): Promise<SegmentWriter> {
    const name = segmentName(kind, number);
    const file = await disk.open(join(folder, name), "rw");
    const writer = new SegmentWriter(name, file);
    try {
      await file.truncate(0);
      await file.write(segmentHeader(number), 0);
    } catch (error) {
      await writer.close();
      throw error;
    }
    return writer;
  }

  /** The segment as far as it was written. */
  get ref(): SegmentRef {
    return { file: this.file, bytes: this.#bytes };
  }

  /** Appends sealed blocks. */
  async append(blocks: Uint8Array): Promise<void> {
    await this.#disk.write(blocks, this.#bytes);
    this.#bytes += blocks.length;
  }

  /** Resolves when all that was appended survives power loss. */
  sync(): Promise<void> {
    return this.#disk.sync();
  }

  /** Never rejects: nothing that matters hangs on it. */
  async close(): Promise<void> {
    await this.#disk.close().catch(() => {});
  }
}
