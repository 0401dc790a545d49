/** Three significant figures of a number and the unit that fits, the last unit taking whatever is left. */
function scaled(value: number, units: readonly string[], gap: string): string {
  if (!Number.isFinite(value)) return "?";
  let size = Math.abs(value);
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = Number.isInteger(size) && unit === 0 ? 0 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  const name = units[unit]!;
  return `${value < 0 ? "-" : ""}${size.toFixed(digits)}${name === "" ? "" : gap}${name}`;
}

/** A count for people: `999`, `1.23k`, `45.6M`. `"?"` for what is no number. */
export function formatCount(count: number): string {
  return scaled(count, ["", "k", "M", "G", "T"], "");
}

/**
 * A whole number with all its digits: `12,345,678`. (`toLocaleString` does the same, and takes 15 ms the first time, in which
 * it loads the rules of the language.)
 */
export function formatDigits(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** Bytes for people, in powers of ten: `512 B`, `1.23 MB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, ["B", "kB", "MB", "GB", "TB", "PB"], " ");
}

/** So many a second, for people: `1.23M/s`. */
export function formatRate(perSecond: number): string {
  return `${formatCount(perSecond >= 10 ? Math.round(perSecond) : perSecond)}/s`;
}

/** A length of time for people, of its two largest units: `350 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatElapsed(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return "?";
  if (ms < 1000) return `${Math.floor(ms)} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return pair(seconds, 60, "min", "s");
  if (seconds < 86_400) return pair(Math.floor(seconds / 60), 60, "h", "min");
  return pair(Math.floor(seconds / 3600), 24, "d", "h");
}

function pair(amount: number, ratio: number, large: string, small: string): string {
  const rest = amount % ratio;
  return `${Math.floor(amount / ratio)} ${large}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

/** A moment of event time, in ms since the epoch: `2016-07-11T13:39:31Z`, with milliseconds where there are any. */
export function formatTime(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return "the end of the input";
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return "?";
  return date.toISOString().replace(".000Z", "Z");
}
