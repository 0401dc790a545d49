import type { Plan } from "../plan/plan.ts";
import type { JobOptions } from "./job.ts";
import type { RunningPipeline } from "./running-pipeline.ts";

/** Where a pipeline runs when not on its own in this process: a Kafka consumer group, for instance. A description until `run`. */
export interface Platform {
  /** For people: `"kafka group counts"`. */
  readonly name: string;
  /** The plan as it is run there: what its sinks promise may be more than on their own. */
  planned(plan: Plan): Plan;
  /** Starts a member of it; throws `ML1001` or `ML1002` when the plan, or an option, does not fit. */
  run(plan: Plan, options: JobOptions): RunningPipeline;
}
