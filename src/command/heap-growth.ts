import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * What the young generation may grow to, both of its halves, is 32 MB: more makes a pipeline no faster. It has grown to that when it is beyond
 * this, since the pages of its halves are not always all there.
 */
const youngBytesMin = 20 * 1024 * 1024;

/**
 * Keeps V8 from taking much more memory than is in use. Its old generation is collected once it has grown by a quarter (left alone it grows
 * to as much as four times what lives). Its young generation doubles as objects survive, which in a process that runs for long they do
 * sooner or later, up to 128 MB; once it has reached 32 MB it is told to double no more. For the whole process, for good.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString("--heap-growing-percent=25");
  const look = (_: unknown, watch: PerformanceObserver) => {
    const young = getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
    if (young === undefined || young.space_size < youngBytesMin) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    watch.disconnect();
  };
  new PerformanceObserver(look).observe({ entryTypes: ["gc"] });
}

/**
 * Lets memory outside of V8's heap count as what it is, a part of the whole, for commands that read a network fast. Otherwise V8 collects
 * everything whenever a few MB of socket buffers have gathered: with fetches from Kafka 150 times for 2 GB, a quarter of the
 * processor time. For the whole process, for good.
 */
export function weighBuffersWithHeap(): void {
  setFlagsFromString("--external-memory-accounted-in-global-limit");
}
