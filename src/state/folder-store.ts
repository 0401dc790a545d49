import { join } from "node:path";
import { MillraceError, reasonOf } from "../core/errors.ts";
import type { Checkpoint, CheckpointStore, Stateful, StoreChanges } from "../core/state.ts";
import { BlockEncoder } from "./block.ts";
import { Changelog } from "./changelog.ts";
import type { FolderSettings } from "./folder-settings.ts";
import type { Manifest } from "./manifest.ts";
import { type ManifestSlot, manifestSlots, writeManifest } from "./manifest-slots.ts";
import { findCheckpoint, type OnChange, type Recovered, replay } from "./recovery.ts";
import { sweepFolder } from "./sweep.ts";

/** Longest block of changes, unless one entry is longer. */
const blockBytes = 1024 * 1024;

/** See {@link folderCheckpoints}. */
export class FolderStore implements CheckpointStore {
  readonly #folder: string;
  readonly #settings: FolderSettings;
  readonly #encoder = new BlockEncoder(blockBytes);
  readonly #log: Changelog;
  #release: (() => Promise<void>) | undefined;
  /** Why no commit can be taken any more. */
  #refusal: string | undefined = "it is not open";
  /** The manifests that may be found after a crash now, and where the newer of them is. */
  #current: Manifest | undefined;
  #previous: Manifest | undefined;
  #slot: ManifestSlot = manifestSlots[1];
  #sequence = 0;
  /** After how many of the next commits there may be files to remove. */
  #sweepsDue = 0;
  #lastCommit = { bytes: 0, ms: 0 };
  #restoreMs = 0;

  constructor(folder: string, settings: FolderSettings) {
    this.#folder = folder;
    this.#settings = settings;
    this.#log = new Changelog(folder, settings);
  }

  async open(onChange: OnChange): Promise<Checkpoint | undefined> {
    const { disk, clock } = this.#settings;
    const began = clock.monotonic();
    try {
      await disk.makeFolder(this.#folder);
      this.#release = await disk.lock(join(this.#folder, "lock"));
    } catch (error) {
      throw error instanceof MillraceError ? error : this.#failure(reasonOf(error), error);
    }
    try {
      const recovered = await findCheckpoint(disk, this.#folder);
      if (recovered !== undefined) await this.#adopt(recovered, onChange);
      await this.#log.start(this.#current?.segments ?? []);
      if (recovered === undefined || recovered.troubles.length === 0) await this.#sweep(recovered?.others);
    } catch (error) {
      await this.close();
      throw error instanceof MillraceError ? error : this.#failure(reasonOf(error), error);
    }
    this.#sweepsDue = 2;
    this.#refusal = undefined;
    this.#restoreMs = clock.monotonic() - began;
    return this.#current?.checkpoint;
  }

  async commit(
    checkpoint: Checkpoint,
    changes: readonly StoreChanges[],
    stores: ReadonlyMap<string, Stateful>,
  ): Promise<void> {
    if (this.#refusal !== undefined) throw this.#failure(`it takes no more commits, since ${this.#refusal}`);
    const began = this.#settings.clock.monotonic();
    this.#encode(changes);
    try {
      await this.#write(checkpoint);
    } catch (error) {
      this.#sweepsDue = 2;
      this.#bound();
      throw this.#failure(reasonOf(error), error);
    }
    this.#lastCommit = { bytes: this.#encoder.size, ms: this.#settings.clock.monotonic() - began };
    this.#encoder.clear();
    if (this.#log.committed(stores)) this.#sweepsDue = 2;
    if (this.#sweepsDue > 0) {
      this.#sweepsDue--;
      await this.#sweep();
    }
  }

  /** Lets go of the lock. Never rejects: what was committed is safe already. */
  async close(): Promise<void> {
    this.#refusal ??= "it is closed";
    await this.#log.close();
    await this.#release?.().catch(() => {});
    this.#release = undefined;
  }

  status(): Record<string, number | string> {
    return {
      checkpoint: this.#current?.checkpoint.id ?? 0,
      lastCommitBytes: this.#lastCommit.bytes,
      lastCommitMs: this.#lastCommit.ms,
      restoreMs: this.#restoreMs,
      pendingBytes: this.#encoder.size,
      ...this.#log.status(),
    };
  }

  async #adopt(recovered: Recovered, onChange: OnChange): Promise<void> {
    const { manifest, slot, troubles } = recovered;
    if (troubles.length > 0) {
      this.#settings.warn(
        `the state in ${this.#folder} is damaged: ${troubles.join("; ")}. ` +
          `Going on from checkpoint ${manifest.checkpoint.id}, the newest that is whole; what came after it is done again.`,
      );
    }
    await replay(this.#settings.disk, this.#folder, manifest, onChange);
    this.#current = manifest;
    this.#slot = slot;
    this.#sequence = manifest.sequence;
  }

  /** Takes what is needed of `changes`, without waiting. What a failed commit left stays before it. */
  #encode(changes: readonly StoreChanges[]): void {
    const encoder = this.#encoder;
    try {
      for (const { store, changes: entries } of changes) {
        encoder.store(store);
        for (const [key, value] of entries) {
          if (value === undefined) encoder.delete(key);
          else encoder.put(key, value);
        }
      }
      encoder.seal();
    } catch (error) {
      this.#refusal = `changes were lost: ${reasonOf(error)}`;
      throw this.#failure(reasonOf(error), error);
    }
  }

  /** Makes the checkpoint durable: segments first, then the manifest that names them. */
  async #write(checkpoint: Checkpoint): Promise<void> {
    const { disk } = this.#settings;
    const segments = await this.#log.append(this.#encoder.bytes());
    const slot = manifestSlots[this.#slot === manifestSlots[0] ? 1 : 0];
    const manifest = { sequence: ++this.#sequence, segments, checkpoint };
    try {
      await writeManifest(disk, this.#folder, slot, manifest);
    } catch (error) {
      await this.#log.abandon();
      throw error;
    }
    this.#slot = slot;
    this.#previous = this.#current;
    this.#current = manifest;
  }

  /** Removes what neither manifest needs. */
  async #sweep(others: Manifest["segments"] = this.#previous?.segments ?? []): Promise<void> {
    const kept = [...(this.#current?.segments ?? []), ...others].map((segment) => segment.file);
    try {
      await sweepFolder(this.#settings.disk, this.#folder, new Set([...kept, ...this.#log.inUse()]));
    } catch (error) {
      this.#sweepsDue = 1;
      this.#settings.warn(`could not remove old files from ${this.#folder}: ${reasonOf(error)}`);
    }
  }

  /** Gives up when failing commits have left more than may be kept. */
  #bound(): void {
    if (this.#encoder.size <= this.#settings.pendingBytesMax) return;
    this.#refusal = `commits went on failing and left more changes than the ${this.#settings.pendingBytesMax} bytes that are kept`;
    this.#encoder.clear();
  }

  #failure(reason: string, cause?: unknown): MillraceError {
    return new MillraceError("ML5004", { message: `${this.#folder}: ${reason}`, cause });
  }
}
