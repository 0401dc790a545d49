import type { Cursor } from "./cursor.ts";
import type { Gate } from "./gate.ts";
import type { Receiver } from "./receiver.ts";
import type { RunningOperator } from "./steps.ts";

/** One function for several steps: made once for a chain, so that the engine below can inline what its steps call. */
interface Fused {
  readonly record: Receiver["record"];
  readonly values: NonNullable<Receiver["values"]>;
}

type MakeFused = (
  calls: readonly ((value: unknown) => unknown)[],
  taken: Float64Array,
  failed: (at: number, thrown: unknown) => void,
  emit: (value: unknown) => void,
  cursor: Cursor,
  gate: Gate,
) => Fused;

/**
 * The entrance to a chain of pure steps, each of which feeds only the next, as one function, and as one that takes a whole
 * batch. A chain of calls through shared code costs about 20 times a loop written by hand, since no call in it can be inlined; a
 * function written for the chain costs about the same as that loop. Undefined where the process may not make functions from
 * text: the steps then run one by one.
 *
 * Counts: `taken[i]` is what step `i` dropped or failed at, the last entry what came in; from these each step's in and out.
 */
export function fuse(chain: readonly RunningOperator[], cursor: Cursor, gate: Gate): Receiver | undefined {
  const make = makerFor(chain.map((operator) => operator.step.operator.pure!.kind));
  if (make === undefined) return undefined;
  const taken = new Float64Array(chain.length + 1);
  const failed = (at: number, thrown: unknown) => {
    taken[at]! += 1;
    chain[at]!.context.failed(thrown);
  };
  const calls = chain.map((operator) => operator.step.operator.pure!.call);
  const fused = make(calls, taken, failed, chain.at(-1)!.context.forward, cursor, gate);
  chain.forEach((operator, at) => {
    operator.counts = () => {
      const before = taken.subarray(0, at).reduce((sum, count) => sum + count, 0);
      const received = taken.at(-1)! - before;
      return { in: received, out: received - taken[at]! };
    };
  });
  return { ...chain[0]!.receiver, ...fused };
}

function makerFor(kinds: readonly ("map" | "filter")[]): MakeFused | undefined {
  const names = kinds.map((_, at) => `call${at}`);
  const steps = (drop: string) =>
    kinds.map((kind, at) =>
      kind === "map"
        ? `at = ${at}; value = call${at}(value);`
        : `at = ${at}; if (!call${at}(value)) { taken[${at}] += 1; ${drop}; }`,
    );
  const source = `
    const [${names.join(", ")}] = calls;
    const record = (value) => {
      taken[${kinds.length}] += 1;
      let at = 0;
      try {
        ${steps("return").join("\n        ")}
      } catch (thrown) {
        failed(at, thrown);
        return;
      }
      emit(value);
    };
    const values = (all, from, end) => {
      for (let index = from; index < end; index++) {
        cursor.index = index;
        taken[${kinds.length}] += 1;
        let value = all[index];
        let at = 0;
        try {
          ${steps("continue").join("\n          ")}
          at = ${kinds.length};
        } catch (thrown) {
          failed(at, thrown);
        }
        if (at === ${kinds.length}) emit(value);
        if (gate.closed) return index + 1;
      }
      return end;
    };
    return { record, values };`;
  try {
    return new Function("calls", "taken", "failed", "emit", "cursor", "gate", source) as MakeFused;
  } catch {
    return undefined;
  }
}
