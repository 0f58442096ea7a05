export type MetricType = 'gauge' | 'counter';

/** Prometheus text format 0.0.4, which every scraper takes; OpenMetrics would need `promtool` to be told. */
export const expositionContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** The HELP and TYPE lines that open a family; a family's samples must follow them without a gap. */
export function familyHeader(family: { name: string; type: MetricType; help: string }): string {
  const help = family.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `# HELP ${family.name} ${help}\n# TYPE ${family.name} ${family.type}\n`;
}

/** `name="value"` with the value escaped: names of stores are people's texts and hold anything but U+0000. */
export function label(name: string, value: string): string {
  return `${name}="${mustEscape.test(value) ? escapeLabelValue(value) : value}"`;
}

const mustEscape = /[\\"\n]/;

function escapeLabelValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** JavaScript's shortest notation reads back to the same float64, exponent included; only infinity differs. */
export function formatValue(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}
