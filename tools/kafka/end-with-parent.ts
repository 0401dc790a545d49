/** How soon the death of a process is noticed. */
const lookEveryMs = 300;

/** Calls `end` once the process that started this one is gone: nobody else tells when it was killed with -9. */
export function endWithParent(end: () => void): { cancel(): void } {
  const parent = process.ppid;
  return endWhen(() => process.ppid !== parent, end);
}

/** Calls `end` once there is no process of that id any more. */
export function endWithProcess(pid: number, end: () => void): { cancel(): void } {
  return endWhen(() => !exists(pid), end);
}

function endWhen(gone: () => boolean, end: () => void) {
  const timer = setInterval(() => {
    if (!gone()) return;
    clearInterval(timer);
    end();
  }, lookEveryMs);
  return { cancel: () => clearInterval(timer) };
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
