import type { Operator } from "../core/operator.ts";
import type { Batch, Position } from "../core/records.ts";
import type { Sink, SinkContext, SinkWriter } from "../core/sink.ts";
import type { Source, SourceContext, SourceReader } from "../core/source.ts";
import type { Checkpoint, CheckpointStore } from "../core/state.ts";
import { stream } from "../stream/stream.ts";
import { listSource, memoryCheckpoints, memorySink } from "../testing/index.ts";

/** The same source, its reader changed as `change` says. */
export function changedSource<T>(
  source: Source<T>,
  change: (reader: SourceReader<T>, context: SourceContext) => Partial<SourceReader<T>>,
): Source<T> {
  return {
    traits: source.traits,
    open: async (context) => {
      const reader = await source.open(context);
      return {
        read: () => reader.read(),
        close: () => reader.close(),
        ...(reader.acknowledge === undefined ? {} : { acknowledge: (at) => reader.acknowledge!(at) }),
        ...change(reader, context),
      };
    },
  };
}

/** The same sink, its writer changed as `change` says. */
export function changedSink<T>(
  sink: Sink<T>,
  change: (writer: SinkWriter<T>, context: SinkContext) => Partial<SinkWriter<T>>,
): Sink<T> {
  return {
    traits: sink.traits,
    open: async (context) => {
      const writer = await sink.open(context);
      const changed = {
        write: writer.write.bind(writer),
        drain: () => writer.drain(),
        flush: () => writer.flush(),
        prepare: () => writer.prepare(),
        ...(writer.commit === undefined ? {} : { commit: (token: unknown) => writer.commit!(token) }),
        close: () => writer.close(),
        get full() {
          return writer.full;
        },
      };
      return Object.defineProperties(
        changed,
        Object.getOwnPropertyDescriptors(change(writer, context)),
      ) as SinkWriter<T>;
    },
  };
}

/** A store that notes what it is asked for. */
export function notingCheckpoints(log: string[], store: CheckpointStore = memoryCheckpoints()): CheckpointStore {
  return {
    open: (onChange) => {
      log.push("store open");
      return store.open(onChange);
    },
    commit: async (checkpoint: Checkpoint, changes, stores) => {
      await store.commit(checkpoint, changes, stores);
      log.push(`store commit ${checkpoint.id}`);
    },
    close: async () => {
      log.push("store close");
      await store.close();
    },
  };
}

/** A source that notes what it is asked for, by its name. */
export function notingSource<T>(name: string, source: Source<T>, log: string[]): Source<T> {
  return changedSource(source, (reader) => ({
    acknowledge: async (positions: ReadonlyMap<string, Position>) => {
      log.push(`${name} acknowledge ${[...positions].map(([partition, at]) => `${partition}=${at}`)}`);
    },
    close: async () => {
      log.push(`${name} close`);
      await reader.close();
    },
  }));
}

/** A sink that notes what it is asked for, by its name. */
export function notingSink<T>(name: string, sink: Sink<T>, log: string[]): Sink<T> {
  return changedSink(sink, (writer) => ({
    prepare: async () => {
      const token = await writer.prepare();
      log.push(`${name} prepared ${JSON.stringify(token)}`);
      return token;
    },
    commit: async (token: unknown) => void log.push(`${name} commit ${JSON.stringify(token)}`),
    close: async () => {
      log.push(`${name} close`);
      await writer.close();
    },
  }));
}

/** Numbers through one operator into memory. */
export function numbersThrough(operator: Operator<number, unknown>, items: Parameters<typeof listSource<number>>[0]) {
  const sink = memorySink<unknown>();
  return { sink, pipeline: stream("in", listSource<number>(items)).via("step", operator).to("out", sink) };
}

/** A batch of values at positions 0, 1, 2, ... of one partition. */
export function batchOf<T>(values: readonly T[]): Batch<T> {
  return {
    partition: { name: "p" },
    size: values.length,
    bytes: 0,
    values,
    resume: (index) => index,
    describe: (index) => `record ${index}`,
  };
}
