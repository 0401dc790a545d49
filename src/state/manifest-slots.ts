import { join } from "node:path";
import type { Disk } from "../core/disk.ts";
import { isLost } from "./corruption.ts";
import { decodeManifest, encodeManifest, type Manifest } from "./manifest.ts";

/** The two names of manifests: a new one replaces the older of the two, so that the one before it stays. */
export const manifestSlots = ["manifest-a.json", "manifest-b.json"] as const;

/** One of the two names. */
export type ManifestSlot = (typeof manifestSlots)[number];

/** The name under which a manifest is written before it takes its slot. */
export const manifestDraft = "manifest.tmp";

/** What a slot holds: a manifest, or why it cannot be read. */
export interface SlotContent {
  readonly slot: ManifestSlot;
  readonly manifest: Manifest | string;
}

/** What is in the slots, the newest manifest first, unreadable ones last; slots that do not exist are left out. */
export async function readManifests(disk: Disk, folder: string): Promise<SlotContent[]> {
  const found: SlotContent[] = [];
  for (const slot of manifestSlots) {
    const manifest = await readSlot(disk, join(folder, slot));
    if (manifest !== undefined) found.push({ slot, manifest });
  }
  return found.sort((a, b) => sequenceOf(b) - sequenceOf(a));
}

/** Writes a manifest into a slot. When it resolves the manifest survives power loss; when it rejects it may or may not be there. */
export async function writeManifest(disk: Disk, folder: string, slot: ManifestSlot, manifest: Manifest): Promise<void> {
  const bytes = encodeManifest(manifest);
  const draft = join(folder, manifestDraft);
  const file = await disk.open(draft, "rw");
  try {
    await file.truncate(0);
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(draft, join(folder, slot));
  await disk.syncFolder(folder);
}

function sequenceOf(content: SlotContent): number {
  return typeof content.manifest === "string" ? -1 : content.manifest.sequence;
}

async function readSlot(disk: Disk, path: string): Promise<Manifest | string | undefined> {
  const stat = await disk.stat(path);
  if (stat === undefined) return undefined;
  try {
    return decodeManifest(await readWhole(disk, path, stat.size));
  } catch (error) {
    if (isLost(error)) return (error as Error).message;
    throw error;
  }
}

async function readWhole(disk: Disk, path: string, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  const file = await disk.open(path, "r");
  try {
    let at = 0;
    while (at < size) {
      const read = await file.read(bytes.subarray(at), at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } finally {
    // What was read is there, whatever closing says.
    await file.close().catch(() => {});
  }
}
