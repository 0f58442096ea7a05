import type { MemoryGauge, MemorySample, Phase } from './memory-recorder.js';

const width = 780;
const height = 312;
const plot = { left: 40, right: 600, top: 30, bottom: 242 };
const bytesPerMiB = 1_024 ** 2;
/** Beside colours, for those who cannot tell them apart. */
const dashes = ['', '7 3', '1 2', '5 2 1 2'];

const style = `
    svg { font: 12px system-ui, sans-serif; --ink: #24292f; --paper: #fff; --faint: #d8dee4; --band: #f0f3f6 }
    .paper { fill: var(--paper) } .band { fill: var(--band) } text { fill: var(--ink) } .grid { stroke: var(--faint) }
    polyline { fill: none; stroke-width: 1.75 } .end { text-anchor: end } .middle { text-anchor: middle }
    .line0, .line2 { stroke: #0969da } .line1, .line3 { stroke: #bc4c00 }
    @media (prefers-color-scheme: dark) {
      svg { --ink: #e6edf3; --paper: #0d1117; --faint: #30363d; --band: #1b222b }
      .line0, .line2 { stroke: #58a6ff } .line1, .line3 { stroke: #f0883e }
    }`;

/** An SVG of all gauges over the time of a run, its phases as bands that `captions` explains below. */
export function plotMemory(
  gauges: readonly Pick<MemoryGauge, 'name'>[],
  samples: readonly MemorySample[],
  captions: ReadonlyMap<Phase, string>,
): string {
  const endMs = samples.at(-1)!.atMs;
  const highest = Math.max(...samples.flatMap(({ bytes }) => bytes.filter((value) => !Number.isNaN(value))));
  const stepMiB = niceStep(highest / bytesPerMiB / 4);
  const topMiB = Math.ceil(highest / bytesPerMiB / stepMiB) * stepMiB;
  const x = (ms: number) => round(plot.left + (ms / endMs) * (plot.right - plot.left));
  const y = (bytes: number) => round(plot.bottom - (bytes / bytesPerMiB / topMiB) * (plot.bottom - plot.top));

  const bands = [...captions].map(([phase, caption], index) => {
    const inside = samples.filter((sample) => sample.phase === phase);
    const [from, to] = [x(inside[0]?.atMs ?? 0), x(inside.at(-1)?.atMs ?? 0)];
    const name = `<text class="middle" x="${round((from + to) / 2)}" y="${plot.top + 14}">${index + 1}</text>`;
    const key = `<text x="${plot.left + (index % 2) * 330}" y="${height - 24 + Math.floor(index / 2) * 16}">${index + 1}: ${escape(caption)}</text>`;
    const shade = `<rect class="band" x="${from}" y="${plot.top}" width="${round(to - from)}" height="${plot.bottom - plot.top}"/>`;
    return [...(index % 2 === 0 ? [shade] : []), name, key].join('');
  });
  const rows = Array.from({ length: topMiB / stepMiB + 1 }, (_, index) => {
    const miB = index * stepMiB;
    const at = y(miB * bytesPerMiB);
    return `<path class="grid" d="M${plot.left} ${at}H${plot.right}"/><text class="end" x="${plot.left - 6}" y="${at + 4}">${miB}</text>`;
  });
  const stepMinutes = niceStep(endMs / 60_000 / 8);
  const columns = Array.from({ length: Math.floor(endMs / 60_000 / stepMinutes) + 1 }, (_, index) => {
    const minutes = round(index * stepMinutes);
    return `<text class="middle" x="${x(minutes * 60_000)}" y="${plot.bottom + 16}">${minutes}</text>`;
  });
  const lines = gauges.map(({ name }, index) => {
    const read = samples.filter(({ bytes }) => !Number.isNaN(bytes[index]));
    const points = read.map(({ atMs, bytes }) => `${x(atMs)},${y(bytes[index]!)}`).join(' ');
    const key = plot.top + 14 + index * 20;
    const stroke = `class="line${index}" stroke-dasharray="${dashes[index] ?? ''}"`;
    return `<polyline ${stroke} points="${points}"/><polyline ${stroke} points="${plot.right + 10},${key - 4} ${plot.right + 34},${key - 4}"/><text x="${plot.right + 40}" y="${key}">${escape(name)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Memory over time">
  <style>${style}
  </style>
  <rect class="paper" width="${width}" height="${height}"/>
  ${bands.join('\n  ')}
  ${rows.join('\n  ')}
  ${columns.join('')}
  <text x="${plot.right + 18}" y="${plot.bottom + 16}">minutes</text><text class="end" x="${plot.left - 6}" y="${plot.top - 12}">MiB</text>
  ${lines.join('\n  ')}
</svg>
`;
}

/** 1, 2 or 5 times a power of ten, and no less than `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
