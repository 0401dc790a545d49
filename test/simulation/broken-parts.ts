import type { Clock } from "../../src/core/clock.ts";
import { sleep } from "../../src/core/clock.ts";
import type { Disk, DiskFile } from "../../src/core/disk.ts";
import type { Batch, Position } from "../../src/core/records.ts";
import type { Sink, SinkContext, SinkWriter } from "../../src/core/sink.ts";
import type { Source } from "../../src/core/source.ts";
import type { Checkpoint, CheckpointStore, StoreChanges } from "../../src/core/state.ts";
import { type MemorySink, memoryCheckpoints } from "../../src/testing/index.ts";

/** A source whose positions are off by `offset`. */
export function misplaced<T>(source: Source<T>, offset: number): Source<T> {
  const shifted = (batch: Batch<T>): Batch<T> => ({
    ...batch,
    resume: (index): Position => Math.max(0, Number(batch.resume(index)) + offset),
  });
  return {
    traits: source.traits,
    open: async (context) => {
      const reader = await source.open(context);
      return {
        read: async () => {
          const batch = await reader.read();
          return batch === "end" ? "end" : shifted(batch);
        },
        close: () => reader.close(),
      };
    },
  };
}

/** A disk on which nothing is synced that lies under `path`, though it says so. */
export function unsynced(disk: Disk, path: string): Disk {
  const lazy = (file: DiskFile): DiskFile => ({ ...file, sync: async () => {} });
  return {
    ...disk,
    open: async (at, mode) => {
      const file = await disk.open(at, mode);
      return at.startsWith(path) ? lazy(file) : file;
    },
    syncFolder: async (at) => (at.startsWith(path) ? undefined : disk.syncFolder(at)),
  };
}

/** A sink that begins again as if there were nothing to go on from. */
export function forgetsItsCut<T>(sink: Sink<T>): Sink<T> {
  return { ...sink, open: (context) => sink.open({ ...context, resume: undefined }) };
}

/** A sink whose cut takes in what came while it was being prepared. */
export function cutsTooLate<T>(sink: MemorySink<T>): MemorySink<T> {
  return altered(sink, (writer, { clock }) => ({
    prepare: async () => {
      await sleep(clock, 2);
      return writer.prepare();
    },
  }));
}

/** A sink that takes whatever comes, however much it holds. */
export function neverFull<T>(sink: MemorySink<T>): MemorySink<T> {
  return altered(sink, () => ({ full: false }));
}

function altered<T>(
  sink: MemorySink<T>,
  change: (writer: SinkWriter<T>, context: SinkContext) => Partial<SinkWriter<T>>,
): MemorySink<T> {
  return {
    values: sink.values,
    get pendingRecordsPeak() {
      return sink.pendingRecordsPeak;
    },
    traits: sink.traits,
    open: async (context) => {
      const writer = await sink.open(context);
      return {
        get full() {
          return writer.full;
        },
        write: (value, record) => writer.write(value, record),
        drain: () => writer.drain(),
        flush: () => writer.flush(),
        prepare: () => writer.prepare(),
        close: () => writer.close(),
        ...change(writer, context),
      };
    },
  };
}

/** A file whose cut is given before what belongs to it is written. */
export function hastyFile(path: string): Sink<string> {
  return {
    traits: { name: `hasty ${path}`, delivery: "exactly-once" },
    open: async ({ disk, resume }) => {
      const file = await disk.open(path, "rw");
      let length = Number(resume ?? 0);
      await file.truncate(length);
      await disk.syncFolder("/");
      let written = Promise.resolve();
      const write = (value: string) => {
        const bytes = Buffer.from(`${value}\n`);
        const at = length;
        length += bytes.length;
        written = written.then(() => file.write(bytes, at));
        written.catch(() => {});
      };
      const sync = () => written.then(() => file.sync());
      return {
        full: false,
        write,
        drain: async () => {},
        flush: () => {},
        prepare: async () => {
          sync().catch(() => {});
          return length;
        },
        close: async () => {
          await sync().catch(() => {});
          await file.close();
        },
      };
    },
  };
}

type Changes = StoreChanges["changes"];

/** Checkpoints of which some changes are missing. */
export function missing(drop: (store: string, value: Uint8Array | undefined) => boolean): CheckpointStore {
  const store = memoryCheckpoints();
  const kept = (name: string, changes: Changes) => [...changes].filter(([, value]) => !drop(name, value));
  return {
    ...store,
    commit: (checkpoint, changes, stores) =>
      store.commit(
        checkpoint,
        changes.map((one) => ({ store: one.store, changes: kept(one.store, one.changes) })),
        stores,
      ),
  };
}

/** Checkpoints whose state is collected some time after the positions were taken. */
export function collectsLate(clock: Clock): CheckpointStore {
  const store = memoryCheckpoints();
  return {
    ...store,
    commit: async (checkpoint, changes, stores) => {
      await sleep(clock, 3);
      const later: StoreChanges[] = [...stores].map(([name, stateful]) => {
        const entries: [string, Uint8Array | undefined][] = [];
        stateful.collect({
          put: (key, value) => entries.push([key, value.slice()]),
          delete: (key) => entries.push([key, undefined]),
        });
        return { store: name, changes: entries };
      });
      await store.commit(checkpoint, [...changes, ...later], stores);
    },
  };
}

/** Checkpoints whose state is stored some time before the positions that belong to it. */
export function notAtomic(clock: Clock): CheckpointStore {
  const store = memoryCheckpoints();
  return {
    ...store,
    commit: async (checkpoint, changes, stores) => {
      const before: Checkpoint = store.checkpoint ?? { id: 0, sources: {}, sinks: {}, versions: {} };
      await store.commit(before, changes, stores);
      await sleep(clock, 3);
      await store.commit(checkpoint, [], stores);
    },
  };
}

/** Checkpoints that are said to be safe some time before they are. */
export function durableLater(clock: Clock): CheckpointStore {
  const store = memoryCheckpoints();
  return {
    ...store,
    commit: async (...all) => {
      void sleep(clock, 5).then(() => store.commit(...all));
    },
  };
}
