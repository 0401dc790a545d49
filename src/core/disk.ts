/** An open file. Offsets are in bytes. Every method may reject with a Node file error (`code`: ENOSPC, EIO, ...). */
export interface DiskFile {
  /** Reads into `into` from `position`; resolves to the bytes read, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes` at `position`. Not safe from a crash before `sync`. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Resolves when everything written before the call survives power loss. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Length in bytes, and a number that stays the same while the file keeps its identity (an inode). */
  stat(): Promise<{ readonly size: number; readonly identity: string }>;
  close(): Promise<void>;
}

/**
 * The file system, as far as the engine uses it. State and file connectors go through it, so that a simulated disk
 * (torn writes, lost writes, ENOSPC, a crash at any operation) can take its place under test.
 */
export interface Disk {
  /** `"r"` reads an existing file; `"rw"` reads and writes, creating it if missing. */
  open(path: string, mode: "r" | "rw"): Promise<DiskFile>;
  /** Replaces `to` by `from`, atomically. Not safe from a crash before the folder is synced. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; resolves also when there is none. */
  remove(path: string): Promise<void>;
  /** Makes a folder and those above it; resolves also when it is there. */
  makeFolder(path: string): Promise<void>;
  /** The names in a folder, sorted; empty when there is no such folder. */
  list(path: string): Promise<string[]>;
  /** Resolves when creations, renames and removals in the folder survive power loss. */
  syncFolder(path: string): Promise<void>;
  /** What a path names just now, or undefined when nothing is there. */
  stat(path: string): Promise<{ readonly size: number; readonly identity: string } | undefined>;
  /**
   * Takes the lock at `path` for this process, or rejects with `ML5001`. Released by the returned function, and by
   * itself when the process dies, however it dies.
   */
  lock(path: string): Promise<() => Promise<void>>;
}
