/** One sample of a Prometheus text, its labels in the order of the text. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/**
 * Reads the text format 0.0.4 as strictly as its document is worded, and more: every family has HELP, then TYPE, then
 * all its samples; counters end in _total and are whole numbers; buckets are cumulative; no series is there twice.
 * Needs no program of others, so it judges on every machine.
 * @throws Error naming the line.
 */
export function readStrictly(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no line break');
  const families = new Map<string, Family & { samples: Sample[] }>();
  const series = new Set<string>();
  let current: (Family & { samples: Sample[] }) | undefined;
  let help: { name: string; text: string } | undefined;

  text
    .slice(0, -1)
    .split('\n')
    .forEach((line, index) => {
      const refuse = (why: string): never => {
        throw new Error(`line ${index + 1}, ${why}: ${line}`);
      };
      if (line === '') {
        if (help !== undefined) refuse('an empty line inside of a head');
        return;
      }
      const head = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
      if (head?.[1] === 'HELP') {
        if (help !== undefined) refuse('HELP without TYPE');
        if (/\\(?![\\n])/.test(head[3]!)) refuse('a wrong escape');
        help = { name: head[2]!, text: head[3]! };
      } else if (head) {
        const [, , name, type] = head;
        if (help === undefined || help.name !== name) return refuse('TYPE without its HELP');
        if (families.has(name!)) refuse('the family is there twice, or in two pieces');
        if (!['counter', 'gauge', 'histogram', 'summary'].includes(type!)) refuse('no type');
        if ((type === 'counter') !== name!.endsWith('_total'))
          refuse('counters alone, and all of them, end in _total');
        current = { name: name!, type: type!, help: help.text, samples: [] };
        families.set(name!, current);
        help = undefined;
      } else if (line.startsWith('#')) refuse('a comment of no kind');
      else {
        if (help !== undefined || current === undefined) return refuse('a sample before its head');
        const sample = readSample(line) ?? refuse('no sample');
        if (!namesOf(current).includes(sample.name)) refuse(`a sample of ${current.name}?`);
        const key = JSON.stringify([sample.name, [...sample.labels].toSorted()]);
        if (series.has(key)) refuse('the series is there twice');
        series.add(key);
        if (current.type === 'counter' && !(Number.isFinite(sample.value) && sample.value >= 0))
          refuse('a counter that counts nothing');
        current.samples.push(sample);
      }
    });
  if (help !== undefined) throw new Error(`${help.name} has HELP and no TYPE`);
  for (const family of families.values()) if (family.type === 'histogram') checkBuckets(family);
  return families;
}

function namesOf({ name, type }: Family): string[] {
  if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
  if (type === 'summary') return [name, `${name}_sum`, `${name}_count`];
  return [name];
}

function readSample(line: string): Sample | undefined {
  const [, name, labels, value] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([Nn]a[Nn]|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(
      line,
    ) ?? [];
  if (name === undefined || value === undefined) return undefined;
  const read = readLabels(labels ?? '');
  if (read === undefined) return undefined;
  return { name, labels: read, value: /nan/i.test(value) ? NaN : Number(value.replace('Inf', 'Infinity')) };
}

function readLabels(text: string): Map<string, string> | undefined {
  const labels = new Map<string, string>();
  const one = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(,|$)/y;
  while (one.lastIndex < text.length) {
    const [, name, value, end] = one.exec(text) ?? [];
    if (name === undefined || labels.has(name)) return undefined;
    if (end === ',' && one.lastIndex === text.length) return undefined;
    labels.set(
      name,
      value!.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    );
  }
  return labels;
}

/** Of each histogram: buckets rise in bound and count, the last is +Inf and equals the count. */
function checkBuckets({ name, samples }: Family): void {
  const buckets = new Map<string, Sample[]>();
  const counts = new Map<string, number>();
  for (const sample of samples) {
    const key = JSON.stringify([...sample.labels].filter(([label]) => label !== 'le').toSorted());
    if (sample.name === `${name}_count`) counts.set(key, sample.value);
    if (sample.name === `${name}_bucket`) buckets.set(key, [...(buckets.get(key) ?? []), sample]);
  }
  if (buckets.size !== counts.size) throw new Error(`${name}: counts without buckets`);
  for (const [key, list] of buckets) {
    const bounds = list.map(({ labels }) => Number(labels.get('le')!.replace('Inf', 'Infinity')));
    const rises = (values: readonly number[], strictly: boolean) =>
      values.every((value, i) => i === 0 || value > values[i - 1]! || (!strictly && value === values[i - 1]));
    const values = list.map(({ value }) => value);
    if (!rises(bounds, true) || bounds.at(-1) !== Infinity)
      throw new Error(`${name} ${key}: bounds ${bounds}`);
    if (!rises(values, false) || values.at(-1) !== counts.get(key))
      throw new Error(`${name} ${key}: counts ${values} of ${counts.get(key)}`);
  }
}

/** Value of the one series of this name with exactly these labels; undefined where there is none. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const wanted = Object.entries(labels);
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''));
  return family?.samples.find(
    (sample) =>
      sample.name === name &&
      sample.labels.size === wanted.length &&
      wanted.every(([label, value]) => sample.labels.get(label) === value),
  )?.value;
}
