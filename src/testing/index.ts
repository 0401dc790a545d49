/** The test kit, `millrace/testing`: pipelines on virtual time, sources and sinks in memory, conformance suites, and the seeded simulation. */
export type { OutputOrder } from "./compare-outputs.ts";
export type { ConformanceCase } from "./conformance-case.ts";
export { type DriveOptions, drive } from "./drive.ts";
export { crash, end, from, Happening, type ListItem, pause, Tagged } from "./happening.ts";
export type { ListSourceOptions } from "./list-reader.ts";
export { listSource } from "./list-source.ts";
export { ManualClock, settled } from "./manual-clock.ts";
export { type MemoryCheckpoints, memoryCheckpoints } from "./memory-checkpoints.ts";
export { type MemorySink, type MemorySinkOptions, memorySink } from "./memory-sink.ts";
export { type DiskOperation, SimDisk, type SimDiskOptions, type Survival } from "./sim-disk.ts";
export {
  type SimulationReport,
  simulate,
  simulateEveryCrash,
  simulateSeeds,
} from "./simulate.ts";
export type { FaultKind } from "./simulate-faults.ts";
export type { SimulateOptions } from "./simulate-options.ts";
export type { Outputs } from "./simulate-outputs.ts";
export { SimulationFailure } from "./simulation-failure.ts";
export { type SinkFixture, sinkConformance } from "./sink-conformance.ts";
export { sourceConformance } from "./source-conformance.ts";
export type { SourceFixture } from "./source-under-test.ts";
export { TestRun } from "./test-run.ts";
export { textSource } from "./text-source.ts";
export type { World } from "./world.ts";
