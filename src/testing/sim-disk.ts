import { dirname, normalize } from "node:path/posix";
import type { Disk, DiskFile } from "../core/disk.ts";
import { MillraceError } from "../core/errors.ts";
import { SimContent, type Survival } from "./sim-content.ts";
import type { DiskOperation, SimDiskOptions } from "./sim-disk-options.ts";

export type { Survival } from "./sim-content.ts";
export type { DiskOperation, SimDiskOptions } from "./sim-disk-options.ts";

/** A change of names that no folder sync has made safe yet. */
interface UnsyncedName {
  readonly remove: string | undefined;
  readonly add: string | undefined;
  readonly content: SimContent | undefined;
}

/** What the disk of a crashed process leaves to the next. */
interface Remains {
  readonly folders: ReadonlySet<string>;
  readonly files: ReadonlyMap<string, SimContent>;
}

/**
 * A disk in memory that loses what a real one may lose: after `crash`, writes not followed by `sync` and names not followed
 * by `syncFolder` are there in part, in full or not at all. Harsher than most: any subset of unsynced changes may
 * survive, whatever their order. Folders are safe once made, as with `nodeDisk`. A path is the same however it is spelt.
 */
export class SimDisk implements Disk {
  /** See {@link SimDiskOptions}; may be changed at any time. */
  capacityBytes: number;
  readonly #options: SimDiskOptions;
  readonly #sectorBytes: number;
  readonly #folders: Set<string>;
  readonly #seen: Map<string, SimContent>;
  readonly #safe: Map<string, SimContent>;
  #unsyncedNames: UnsyncedName[] = [];
  readonly #locks = new Set<string>();
  readonly #failures = new Map<number, string>();
  #operations = 0;
  #identities = 0;
  #remains: Remains | undefined;

  constructor(options: SimDiskOptions, remains?: Remains) {
    this.#options = options;
    this.#sectorBytes = options.sectorBytes ?? 512;
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
    this.#folders = new Set(remains?.folders ?? ["/", "."]);
    // Copies, so that one crash can be followed by several restarts.
    this.#seen = new Map();
    for (const [path, content] of remains?.files ?? []) {
      this.#seen.set(path, content.copy());
      this.#identities = Math.max(this.#identities, Number(content.identity));
    }
    this.#safe = new Map(this.#seen);
  }

  /** How many operations were begun. */
  get operations(): number {
    return this.#operations;
  }

  /** Bytes in all files, as programs see them. */
  get usedBytes(): number {
    let bytes = 0;
    for (const content of this.#seen.values()) bytes += content.size;
    return bytes;
  }

  /** Makes the `n`-th operation from now (1 is the next) fail with a code such as `"EIO"`. */
  failIn(n: number, code: string): void {
    this.#failures.set(this.#operations + n, code);
  }

  /** Ends the process that uses the disk: every call under way and to come rejects with code `ECRASHED`, locks are free. */
  crash(survival: Survival): void {
    if (this.#remains !== undefined) return;
    const { random } = this.#options;
    const chance = random.next();
    for (const change of this.#unsyncedNames) {
      if (survival === "everything" || (survival === "random" && random.next() < chance)) this.#keepName(change);
    }
    for (const content of new Set(this.#safe.values())) content.crash(survival, random, this.#sectorBytes);
    this.#remains = { folders: this.#folders, files: this.#safe };
  }

  /** The disk as the next process finds it; crashes this one first, with nothing unsynced left, if it still runs. */
  restart(options: Partial<SimDiskOptions> = {}): SimDisk {
    this.crash("nothing");
    return new SimDisk({ ...this.#options, ...options }, this.#remains);
  }

  /** Another disk with the same files, all of it safe, nothing locked; this one goes on. For looking and for doing damage. */
  copy(options: Partial<SimDiskOptions> = {}): SimDisk {
    return new SimDisk({ ...this.#options, ...options }, { folders: this.#folders, files: this.#seen });
  }

  /** Changes one byte of a file behind everybody's back, as a bad medium does: xors it with `mask`. */
  corrupt(path: string, offset: number, mask: number): void {
    const content = this.#seen.get(normalize(path));
    if (content === undefined || offset >= content.size) throw new RangeError(`${path} has no byte ${offset}`);
    const byte = new Uint8Array(1);
    content.read(byte, offset);
    byte[0]! ^= mask;
    content.write(byte, offset);
    content.sync();
  }

  async open(path: string, mode: "r" | "rw"): Promise<DiskFile> {
    return this.#operate("open", path, (at) => {
      let content = this.#seen.get(at);
      if (content === undefined) {
        if (mode === "r") throw fileError("ENOENT", `no such file: ${at}`);
        this.#requireFolder(at);
        content = new SimContent(String(++this.#identities));
        this.#name({ remove: undefined, add: at, content });
      }
      return this.#file(at, content, mode);
    });
  }

  async rename(from: string, to: string): Promise<void> {
    return this.#operate("rename", from, (at) => {
      const content = this.#seen.get(at);
      if (content === undefined) throw fileError("ENOENT", `no such file: ${at}`);
      this.#requireFolder(normalize(to));
      this.#name({ remove: at, add: normalize(to), content });
    });
  }

  async remove(path: string): Promise<void> {
    return this.#operate("remove", path, (at) => {
      if (this.#seen.has(at)) this.#name({ remove: at, add: undefined, content: undefined });
    });
  }

  async makeFolder(path: string): Promise<void> {
    return this.#operate("makeFolder", path, (at) => {
      for (let folder = at; !this.#folders.has(folder); folder = dirname(folder)) this.#folders.add(folder);
    });
  }

  async list(path: string): Promise<string[]> {
    return this.#operate("list", path, (at) =>
      [...this.#seen.keys(), ...this.#folders]
        .filter((name) => name !== at && dirname(name) === at)
        .map((name) => name.slice(name.lastIndexOf("/") + 1))
        .sort(),
    );
  }

  async syncFolder(path: string): Promise<void> {
    return this.#operate("syncFolder", path, (at) => {
      const inside = (name: string | undefined) => name !== undefined && dirname(name) === at;
      const synced = this.#unsyncedNames.filter((change) => inside(change.add) || inside(change.remove));
      for (const change of synced) this.#keepName(change);
      this.#unsyncedNames = this.#unsyncedNames.filter((change) => !synced.includes(change));
    });
  }

  async stat(path: string): Promise<{ readonly size: number; readonly identity: string } | undefined> {
    return this.#operate("stat", path, (at) => {
      const content = this.#seen.get(at);
      if (content === undefined) return this.#folders.has(at) ? { size: 0, identity: `folder ${at}` } : undefined;
      return { size: content.size, identity: content.identity };
    });
  }

  async lock(path: string): Promise<() => Promise<void>> {
    return this.#operate("lock", path, (at) => {
      if (this.#locks.has(at)) throw new MillraceError("ML5001", { message: `process ${process.pid} holds ${at}` });
      this.#locks.add(at);
      return () =>
        this.#operate("unlock", at, () => {
          this.#locks.delete(at);
        });
    });
  }

  #file(path: string, content: SimContent, mode: "r" | "rw"): DiskFile {
    let open = true;
    const operate = <T>(name: "read" | "write" | "sync" | "truncate" | "stat" | "close", effect: () => T) =>
      this.#operate(
        `file.${name}`,
        path,
        () => {
          if (!open) throw fileError("EBADF", `${path} is closed`);
          if (mode === "r" && (name === "write" || name === "truncate"))
            throw fileError("EBADF", `${path} is read-only`);
          return effect();
        },
        name === "sync" ? () => content.failSync(this.#options.random, this.#sectorBytes) : undefined,
      );
    return {
      read: (into, position) => operate("read", () => content.read(into, position)),
      write: (bytes, position) => operate("write", () => this.#write(content, bytes, position)),
      sync: () => operate("sync", () => content.sync()),
      truncate: (length) => operate("truncate", () => content.truncate(length)),
      stat: () => operate("stat", () => ({ size: content.size, identity: content.identity })),
      close: () =>
        operate("close", () => {
          open = false;
        }),
    };
  }

  #write(content: SimContent, bytes: Uint8Array, position: number): void {
    const growth = Math.max(0, position + bytes.length - content.size);
    const lacking = Math.max(0, this.usedBytes + growth - this.capacityBytes);
    if (growth > 0 && lacking > 0) {
      content.write(bytes.subarray(0, Math.max(0, bytes.length - lacking)), position);
      throw fileError("ENOSPC", "no space left on the disk");
    }
    content.write(bytes, position);
  }

  /** One operation: counted, watched, failed when told so. `failed` is what happens to the medium when it fails. */
  async #operate<T>(name: DiskOperation, path: string, effect: (path: string) => T, failed?: () => void): Promise<T> {
    const { onOperation } = this.#options;
    await this.#options.yield?.();
    this.#requireAlive();
    const n = ++this.#operations;
    const at = normalize(path).replace(/(.)\/$/, "$1");
    onOperation?.(n, name, at, false);
    this.#requireAlive();
    const code = this.#failures.get(n);
    if (code !== undefined) {
      failed?.();
      throw fileError(code, `${name} of ${at} was made to fail`);
    }
    const result = effect(at);
    onOperation?.(n, name, at, true);
    this.#requireAlive();
    return result;
  }

  #name(change: UnsyncedName): void {
    rename(this.#seen, change);
    this.#unsyncedNames.push(change);
  }

  #keepName(change: UnsyncedName): void {
    rename(this.#safe, change);
  }

  #requireFolder(path: string): void {
    if (!this.#folders.has(dirname(path))) throw fileError("ENOENT", `no such folder: ${dirname(path)}`);
  }

  #requireAlive(): void {
    if (this.#remains !== undefined) throw fileError("ECRASHED", "the process has crashed");
  }
}

function rename(names: Map<string, SimContent>, change: UnsyncedName): void {
  if (change.remove !== undefined) names.delete(change.remove);
  if (change.add !== undefined) names.set(change.add, change.content!);
}

function fileError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
