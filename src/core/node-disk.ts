import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Disk, DiskFile } from "./disk.ts";
import { processLock } from "./process-lock.ts";

/** The machine's file system. Errors are Node's own, but for the lock's. */
export const nodeDisk: Disk = {
  async open(path, mode) {
    const flags = mode === "r" ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT;
    return new NodeFile(await open(path, flags, 0o666));
  },
  rename,
  async remove(path) {
    await unlink(path).catch(ignore("ENOENT"));
  },
  /** What it makes survives power loss: each new folder's parent is synced. */
  async makeFolder(path) {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    const top = dirname(resolve(first));
    let folder = resolve(path);
    while (folder !== top) {
      folder = dirname(folder);
      await syncFolder(folder);
    }
  },
  async list(path) {
    const names = await readdir(path).catch(ignore("ENOENT"));
    return (names ?? []).sort();
  },
  syncFolder,
  async stat(path) {
    const found = await stat(path, { bigint: true }).catch(ignore("ENOENT"));
    return found === undefined ? undefined : sizeAndIdentity(found);
  },
  lock: processLock,
};

class NodeFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  /** The content and the length, but not times and rights: half the cost of a full sync on some file systems. */
  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  async stat(): Promise<{ readonly size: number; readonly identity: string }> {
    return sizeAndIdentity(await this.#handle.stat({ bigint: true }));
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Windows cannot open a folder to sync it, and needs no sync for a rename to last. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function sizeAndIdentity(found: { size: bigint; dev: bigint; ino: bigint }) {
  return { size: Number(found.size), identity: `${found.dev}:${found.ino}` };
}

function ignore(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
  };
}
