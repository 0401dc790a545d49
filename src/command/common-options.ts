import { choiceOption, durationOption, integerOption, switchOption, textOption, withFallback } from "./options.ts";

/** The options that every command which runs a pipeline has. */
export const pipelineOptions = {
  state: textOption(
    "DIR",
    "keep state and positions in this folder: started again after a crash, the run goes on exactly where it was",
  ),
  checkpoint: withFallback(durationOption("time between checkpoints, with --state"), 1_000),
  drain: withFallback(
    durationOption("how long a run told to stop may take to finish what it has read; a second signal ends it at once"),
    30_000,
  ),
  timeout: durationOption("end the run, as if the input had ended, after so long a silence of live input"),
  metrics: integerOption(
    "serve /metrics, /status, /explain, /healthz and /readyz on this port of 127.0.0.1; 0 takes a free one",
    {
      min: 0,
      max: 65_535,
    },
  ),
  explain: switchOption("print the plan and what each edge promises, and run nothing"),
  "explain-as": withFallback(choiceOption(["text", "mermaid"], "how --explain prints it"), "text"),
  summary: withFallback(choiceOption(["text", "json", "none"], "how the summary on stderr is written"), "text"),
  progress: withFallback(
    choiceOption(["auto", "off"], "show progress on stderr: a line on a terminal, a log line every 5 s elsewhere"),
    "auto",
  ),
  log: withFallback(choiceOption(["debug", "info", "warn", "error", "silent"], "how much is logged on stderr"), "info"),
} as const;
