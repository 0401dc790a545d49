import { MillraceError } from "../../core/errors.ts";
import type { Position } from "../../core/records.ts";
import { type KafkaClient, nameOf, type TopicPartition } from "./client/kafka-client.ts";

/** Where a source begins that no checkpoint tells where to go on; a number is a time in milliseconds since the epoch. */
export type KafkaStart = "earliest" | "latest" | "committed" | number;

/** What is known of where to begin. */
export interface StartingPoint {
  readonly client: KafkaClient;
  readonly places: readonly TopicPartition[];
  /** By partition name: what a checkpoint tells, which comes first. */
  readonly resume: ReadonlyMap<string, Position>;
  readonly start: KafkaStart;
  readonly group: string | undefined;
  /** Whether to go on at the earliest record there is where the broker no longer keeps what comes next. */
  readonly skipsLost: boolean;
  readonly warn: (message: string) => void;
}

/**
 * By partition name: where reading begins. `ML3002` when the broker no longer keeps what comes next there and it is not to be
 * skipped, or when it never had it.
 */
export async function startingOffsets(point: StartingPoint): Promise<ReadonlyMap<string, number>> {
  const { client, places, resume } = point;
  const earliest = await client.offsets(places, "earliest", false);
  const latest = await client.offsets(places, "latest", false);
  const fresh = await freshOffsets(point, earliest);
  const offsets = new Map<string, number>();
  for (const place of places) {
    const name = nameOf(place);
    const wanted = resume.get(name) ?? fresh.get(name) ?? earliest.get(name)!;
    offsets.set(name, keptOffset(point, name, wanted, earliest.get(name)!, latest.get(name)!));
  }
  return offsets;
}

/** The offset to go on at, given what the broker keeps. */
function keptOffset(
  { skipsLost, warn }: StartingPoint,
  name: string,
  wanted: Position,
  first: number,
  end: number,
): number {
  if (typeof wanted === "number" && wanted >= first && wanted <= end) return wanted;
  const holds = `partition ${name} comes next at offset ${JSON.stringify(wanted)}, and the broker has ${first} to ${end}`;
  if (typeof wanted === "number" && wanted < first && skipsLost) {
    warn(`${holds}: ${first - wanted} offsets are lost and left out`);
    return first;
  }
  const isLost = typeof wanted === "number" && wanted < first;
  const reason = isLost
    ? `retention, or somebody, deleted what was not read yet. To leave it out, set the source's \`lost: "skip"\``
    : "it was cut off, or the topic was deleted and made again";
  throw new MillraceError("ML3002", { message: `${holds}: ${reason}` });
}

async function freshOffsets(
  { client, places, start, group }: StartingPoint,
  earliest: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  if (start === "earliest") return earliest;
  if (start !== "committed" || group === undefined) return client.offsets(places, start as "latest" | number, false);
  const committed = await client.committed(await client.coordinator("group", group), group, places);
  return new Map([...committed].map(([name, { offset }]) => [name, offset]));
}
