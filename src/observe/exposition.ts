/** The content type of the Prometheus text format, version 0.0.4. */
export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

/** Labels of a sample, by name. Names come from code; values may hold anything. */
export type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly samples: Map<string, number>;
}

/**
 * Metrics in the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/), always valid:
 * a family is written once with its samples together, and samples with the same labels are added up.
 */
export class Exposition {
  readonly #families = new Map<string, Family>();

  /** Adds a sample; `undefined` and NaN add none. The first help and type of a name stand. */
  add(type: Family["type"], name: string, help: string, value: number | undefined, labels: Labels = {}): void {
    if (value === undefined || Number.isNaN(value)) return;
    let family = this.#families.get(name);
    if (family === undefined) {
      family = { help, type, samples: new Map() };
      this.#families.set(name, family);
    }
    const key = labelText(labels);
    family.samples.set(key, (family.samples.get(key) ?? 0) + value);
  }

  /** Everything added, as text. */
  text(): string {
    const lines: string[] = [];
    for (const [name, family] of this.#families) {
      lines.push(`# HELP ${name} ${escapeHelp(family.help)}`, `# TYPE ${name} ${family.type}`);
      for (const [labels, value] of family.samples) lines.push(`${name}${labels} ${numberText(value)}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

/** A name fit for a metric, of a name from code: `"heldBytes"` becomes `"held_bytes"`. */
export function metricName(name: string): string {
  const snake = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return snake.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "") || "unnamed";
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escapeValue(value: string): string {
  return escapeHelp(value).replaceAll('"', '\\"');
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}
