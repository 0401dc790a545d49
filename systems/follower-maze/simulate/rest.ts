const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

/** Waits exactly so long, in milliseconds, with the thread at rest: nothing of it runs meanwhile, timers and sockets neither. */
export function rest(ms: number): void {
  Atomics.wait(nobodyWakes, 0, 0, ms);
}
