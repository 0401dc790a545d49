export { checkFiles, type FilesOfRun, type NamedFile } from "./check-files.ts";
export { type Command, defineCommand } from "./command.ts";
export { pipelineOptions } from "./common-options.ts";
export { isKafkaAddress, type KafkaAddress, kafkaAddress } from "./kafka-address.ts";
export { kafkaConnector } from "./kafka-connector.ts";
export * from "./options.ts";
export { printableText } from "./printable-text.ts";
export { type PipelineOutcome, type RunPlace, runPipeline } from "./run-pipeline.ts";
export { workerNumber } from "./worker-side.ts";
