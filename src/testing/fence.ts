import type { Clock } from "../core/clock.ts";
import type { Disk, DiskFile } from "../core/disk.ts";
import type { CheckpointStore } from "../core/state.ts";
import type { Passage } from "./passage.ts";

const deadTimer = { cancel: () => {} };

/** A clock whose timers do not run once the process is dead. */
export function fencedClock(clock: Clock, passage: Passage): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    turn: () => clock.turn(),
    timer: (delayMs, callback) => {
      if (passage.over) return deadTimer;
      return clock.timer(delayMs, () => {
        if (!passage.over) passage.point("timer");
        if (!passage.over) callback();
      });
    },
  };
}

/** A disk that a dead process cannot reach. */
export function fencedDisk(disk: Disk, passage: Passage): Disk {
  return {
    open: async (path, mode) =>
      fencedFile(await passage.pass(`open ${path}`, () => disk.open(path, mode)), path, passage),
    rename: (from, to) => passage.pass(`rename ${from}`, () => disk.rename(from, to)),
    remove: (path) => passage.pass(`remove ${path}`, () => disk.remove(path)),
    makeFolder: (path) => passage.pass(`makeFolder ${path}`, () => disk.makeFolder(path)),
    list: (path) => passage.pass(`list ${path}`, () => disk.list(path)),
    syncFolder: (path) => passage.pass(`syncFolder ${path}`, () => disk.syncFolder(path)),
    stat: (path) => passage.pass(`stat ${path}`, () => disk.stat(path)),
    lock: async (path) => {
      const release = await passage.pass(`lock ${path}`, () => disk.lock(path));
      return () => passage.pass(`unlock ${path}`, release);
    },
  };
}

function fencedFile(file: DiskFile, path: string, passage: Passage): DiskFile {
  return {
    read: (into, position) => passage.pass(`read ${path}`, () => file.read(into, position)),
    write: (bytes, position) => passage.pass(`write ${path}`, () => file.write(bytes, position)),
    sync: () => passage.pass(`sync ${path}`, () => file.sync()),
    truncate: (length) => passage.pass(`truncate ${path}`, () => file.truncate(length)),
    stat: () => passage.pass(`stat ${path}`, () => file.stat()),
    close: () => passage.pass(`close ${path}`, () => file.close()),
  };
}

/** A store of checkpoints that a dead process cannot reach. */
export function fencedCheckpoints(store: CheckpointStore, passage: Passage): CheckpointStore {
  return {
    open: (onChange) => passage.pass("checkpoints open", () => store.open(onChange)),
    commit: (checkpoint, changes, stores) => {
      // The caller may go on changing what it gave once the promise is there; the passage may take its time.
      const taken = changes.map((one) => ({ store: one.store, changes: [...one.changes] }));
      return passage.pass("checkpoints commit", () => store.commit(checkpoint, taken, stores));
    },
    close: () => passage.pass("checkpoints close", () => store.close()),
    ...(store.cut === undefined ? {} : { cut: () => store.cut!() }),
    ...(store.status === undefined ? {} : { status: () => store.status!() }),
  };
}
