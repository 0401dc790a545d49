export { type Command, defineCommand } from "./command.ts";
export { pipelineOptions } from "./common-options.ts";
export * from "./options.ts";
export { type PipelineOutcome, runPipeline } from "./run-pipeline.ts";
