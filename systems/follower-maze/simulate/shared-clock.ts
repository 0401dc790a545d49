/** Milliseconds, with fractions, since a moment that is the same for all processes of the machine: for what crosses them. */
export function sharedMs(): number {
  // tidy: allowed, a clock counts from its own process's start, and these times go from one process to another
  return Number(process.hrtime.bigint()) / 1e6;
}
