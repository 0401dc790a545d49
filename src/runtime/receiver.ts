/** The entrance of a step, as those before it see it. */
export interface Receiver {
  readonly record: (value: unknown) => void;
  /**
   * Does what `record` does for the values of a batch from an index up to but without another, moving the cursor along, until
   * the gate closes; gives the index that comes next. For a step that takes many at once faster. Undefined: `record` each.
   */
  readonly values?: ((values: readonly unknown[], from: number, end: number) => number) | undefined;
  /** Event time is complete up to `time` on this input. */
  readonly watermark: (time: number) => void;
  /** This input has fallen silent. */
  readonly idle: () => void;
  /** See `Task.block`; undefined when the step does not care. */
  readonly block: ((bytes: Uint8Array, bounds: Int32Array, size: number) => void) | undefined;
}

/** One entrance for several steps; each record goes to all of them, in their order in the plan. */
export function fanOut(targets: readonly Receiver[]): Receiver {
  if (targets.length === 1) return targets[0]!;
  return {
    record: (value) => {
      for (const target of targets) target.record(value);
    },
    watermark: (time) => {
      for (const target of targets) target.watermark(time);
    },
    idle: () => {
      for (const target of targets) target.idle();
    },
    block: (bytes, bounds, size) => {
      for (const target of targets) target.block?.(bytes, bounds, size);
    },
  };
}

/**
 * Gives a step that reads several inputs one entrance for each. Its event time is the lowest of the inputs that are
 * neither silent nor ended, and it is silent when all of them are.
 */
export function joinInputs(
  count: number,
  step: Receiver,
): { readonly entrances: Receiver[]; end(input: number): void } {
  const times: number[] = new Array(count).fill(Number.NEGATIVE_INFINITY);
  const silent: boolean[] = new Array(count).fill(false);
  const forward = () => {
    let low = Number.POSITIVE_INFINITY;
    for (let input = 0; input < count; input++) {
      if (!silent[input]) low = Math.min(low, times[input]!);
    }
    if (Number.isFinite(low)) step.watermark(low);
  };
  const entrances = times.map(
    (_, input): Receiver => ({
      record: (value) => {
        silent[input] = false;
        step.record(value);
      },
      watermark: (time) => {
        silent[input] = false;
        if (time <= times[input]!) return;
        times[input] = time;
        forward();
      },
      idle: () => {
        silent[input] = true;
        if (silent.every((quiet) => quiet)) step.idle();
        else forward();
      },
      block: step.block,
    }),
  );
  const end = (input: number) => {
    if (times[input] === Number.POSITIVE_INFINITY) return;
    const spoke = !silent[input];
    times[input] = Number.POSITIVE_INFINITY;
    silent[input] = true;
    const isLast = times.every((time) => time === Number.POSITIVE_INFINITY);
    // The others may have fallen silent long ago: nobody would say so again.
    if (spoke && silent.every((quiet) => quiet) && !isLast) step.idle();
    else forward();
  };
  return { entrances, end };
}
