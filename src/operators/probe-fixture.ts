import type { Operator } from "../core/operator.ts";

/** What passed a {@link probe}, in order. */
export type Passed = readonly ["record", unknown] | readonly ["watermark", number] | readonly ["idle"];

/** Passes everything on and notes it in `log`: records, watermarks and silence, as a step at this place sees them. */
export function probe<T>(log: Passed[]): Operator<T, T> {
  return {
    kind: "probe",
    open: (context) => ({
      record: (value) => {
        log.push(["record", value]);
        context.emit(value);
      },
      watermark: (time) => {
        log.push(["watermark", time]);
        context.watermark(time);
      },
      idle: () => {
        log.push(["idle"]);
        context.idle();
      },
    }),
  };
}
