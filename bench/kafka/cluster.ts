import { mkdirSync, rmSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureTopic } from "millrace/kafka";
import { startBroker } from "../../tools/kafka/broker.ts";

const folder = fileURLToPath(new URL("../../.bench/kafka", import.meta.url));

/** A broker for a benchmark, whose data goes with it. */
export interface Cluster {
  readonly brokers: string;
  /** A folder that goes with it too. */
  readonly folder: string;
  /** Makes an empty topic. */
  make(topic: string, partitions: number): Promise<void>;
  /** Reads what the broker keeps of a topic, so that all who fetch it find it in the page cache alike. */
  warm(topic: string): Promise<void>;
  /** Ends the broker and removes its data. */
  stop(): Promise<void>;
}

/** Starts a broker with an empty folder. Rejects when none can be started here. */
export async function startCluster(): Promise<Cluster> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const broker = await startBroker({ dataFolder: folder, tell: (text) => process.stderr.write(`${text}\n`) });
  const { brokers } = broker;
  return {
    brokers,
    folder,
    make: async (topic, partitions) => {
      await ensureTopic({ brokers, topic, partitions });
    },
    warm,
    stop: async () => {
      await broker.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function warm(topic: string): Promise<void> {
  const data = join(folder, "data");
  for (const partition of (await readdir(data)).filter((name) => name.replace(/-\d+$/, "") === topic)) {
    for (const file of (await readdir(join(data, partition))).filter((name) => name.endsWith(".log"))) {
      await readThrough(join(data, partition, file));
    }
  }
}

async function readThrough(path: string): Promise<void> {
  const file = await open(path);
  const buffer = Buffer.alloc(1024 * 1024);
  while ((await file.read(buffer, 0, buffer.length)).bytesRead > 0);
  await file.close();
}
