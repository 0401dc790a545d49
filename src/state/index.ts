export { type FolderCheckpointsOptions, folderCheckpoints } from "./folder-checkpoints.ts";
export { type KeyedStore, keyedStore, type StoreOptions } from "./keyed-store.ts";
export type { StoreKey } from "./store-key.ts";
export { structuredCodec, type ValueCodec } from "./value-codec.ts";
export { type ValueStore, valueStore } from "./value-store.ts";
