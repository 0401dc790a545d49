/** Every bound of the engine, its unit last in its name. Connectors and operators take them as options; these are the defaults. */
export const limits = {
  /** Longest record a line-based source takes; a longer one is counted and put aside unread. */
  lineBytesMax: 1024 * 1024,
  /** How much a source reads from a socket at a time. */
  readBytes: 256 * 1024,
  /** How much a source reads from a file or a pipe at a time: waking a thread of the pool for it costs 20 to 80 us. */
  fileReadBytes: 1024 * 1024,
  /** Records in one batch, whatever their size. */
  batchRecordsMax: 4096,
  /** What a sink holds before it makes the pipeline wait. */
  sinkPendingBytesMax: 1024 * 1024,
  /** Calls of an async step under way at once. */
  asyncInFlightMax: 64,
  /** How long what a sink holds may wait for more, in milliseconds. */
  lingerMs: 5,
  /** Time between checkpoints, in milliseconds. */
  checkpointIntervalMs: 1000,
  /** How long a stopping pipeline may drain, in milliseconds. */
  drainMs: 30_000,
  /** Bytes of records held aside by an event-time step. */
  heldBytesMax: 8 * 1024 * 1024,
  /** How much of a bad record a dead letter keeps. */
  deadLetterBytesMax: 1024 * 1024,
} as const;
