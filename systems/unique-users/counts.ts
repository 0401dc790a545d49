import { durationText, type Encoder } from "millrace";
import type { Count } from "./pipeline.ts";

/** The line of a window: `{"ts":1468244340,"cnt":1234}`, with its size when there are several, and marked when it is a correction. */
export function countEncoder(sizes: number): Encoder<Count> {
  return {
    name: "count lines",
    encode: ({ window, cnt }) => {
      const size = sizes > 1 ? `,"window":"${durationText(window.size)}"` : "";
      const update = window.update ? ',"update":true' : "";
      return `{"ts":${Math.floor(window.start / 1000)},"cnt":${cnt}${size}${update}}`;
    },
  };
}

/** The key of a window in a topic: its start in Unix seconds, with its size when there are several: `"1468244340/1m"`. */
export function countKey(sizes: number): (count: Count) => string {
  return ({ window }) => {
    const start = String(Math.floor(window.start / 1000));
    return sizes > 1 ? `${start}/${durationText(window.size)}` : start;
  };
}
