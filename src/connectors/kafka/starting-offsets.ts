import { MillraceError } from "../../core/errors.ts";
import type { Position } from "../../core/records.ts";
import { type KafkaClient, nameOf, type TopicPartition } from "./client/kafka-client.ts";

/** Where a source begins that no checkpoint tells where to go on; a number is a time in milliseconds since the epoch. */
export type KafkaStart = "earliest" | "latest" | "committed" | number;

/**
 * By partition name: where reading begins. What a checkpoint tells comes first; `ML3002` when the broker no longer keeps
 * what comes next there, or never had it.
 */
export async function startingOffsets(
  client: KafkaClient,
  places: readonly TopicPartition[],
  resume: ReadonlyMap<string, Position>,
  start: KafkaStart,
  group: string | undefined,
): Promise<ReadonlyMap<string, number>> {
  const earliest = await client.offsets(places, "earliest", false);
  const latest = await client.offsets(places, "latest", false);
  const fresh = await freshOffsets(client, places, start, group, earliest);
  const offsets = new Map<string, number>();
  for (const place of places) {
    const name = nameOf(place);
    const stored = resume.get(name);
    if (stored === undefined) {
      offsets.set(name, Math.max(fresh.get(name) ?? 0, earliest.get(name)!));
      continue;
    }
    const isThere = typeof stored === "number" && stored >= earliest.get(name)! && stored <= latest.get(name)!;
    if (!isThere) {
      const range = `${earliest.get(name)} to ${latest.get(name)}`;
      const message = `the state goes on at offset ${JSON.stringify(stored)} of partition ${name}, which holds ${range}`;
      throw new MillraceError("ML3002", { message });
    }
    offsets.set(name, stored);
  }
  return offsets;
}

async function freshOffsets(
  client: KafkaClient,
  places: readonly TopicPartition[],
  start: KafkaStart,
  group: string | undefined,
  earliest: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  if (start === "earliest") return earliest;
  if (start !== "committed" || group === undefined) return client.offsets(places, start as "latest" | number, false);
  return client.committed(await client.coordinator("group", group), group, places);
}
