import type { PageEnd } from '@hq-sync/protocol/pull';

export interface PulledPage {
  readonly status: number;
  /** Present state by id: data, or null for a delete. */
  readonly records: readonly { readonly id: string; readonly data: unknown }[];
  readonly end: PageEnd['page'];
}

/** One pull over the bare wire. A refusal has its problem document in `problem`. */
export async function pullPage(
  url: string,
  token: string,
  entity: string,
  body: unknown,
): Promise<PulledPage & { problem?: Record<string, unknown> }> {
  const response = await fetch(`${url}/v1/pull/${entity}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== 200) {
    const problem = JSON.parse(text) as Record<string, unknown>;
    return { status: response.status, records: [], end: undefined as never, problem };
  }
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; data?: unknown });
  const last = lines.pop() as unknown as PageEnd;
  return {
    status: 200,
    records: lines.map(({ id, data }) => ({ id, data: data ?? null })),
    end: last.page,
  };
}

/** A store's copy of one entity, kept by the rules of the wire. */
export class PulledCopy {
  readonly records = new Map<string, unknown>();
  cursor: string | null = null;
  pages = 0;
  private confirm: string | undefined;
  private seen = new Set<string>();
  private scanning = true;

  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly entity: string,
    private readonly maxRecords?: number,
  ) {}

  /** Id of the page that the next pull confirms. */
  get waitingForConfirmation(): string | undefined {
    return this.confirm;
  }

  /** Throws the cursor away: the next page is the first of everything. */
  startOver(): void {
    this.cursor = null;
    this.confirm = undefined;
    this.seen = new Set();
    this.scanning = true;
  }

  /** One page: confirms the one before, applies this one. */
  async step(): Promise<PulledPage> {
    const page = await pullPage(this.url, this.token, this.entity, {
      cursor: this.cursor,
      ...(this.confirm !== undefined && { confirm: this.confirm }),
      ...(this.maxRecords !== undefined && { maxRecords: this.maxRecords }),
    });
    if (page.status !== 200) throw new Error(`pull answered ${page.status} ${JSON.stringify(page)}`);
    this.apply(page);
    return page;
  }

  /** Until nothing more is there and everything is confirmed. */
  async pullAll(): Promise<void> {
    for (;;) {
      const { end } = await this.step();
      if (!end.more && end.id === null) return;
    }
  }

  private apply({ records, end }: PulledPage): void {
    this.pages += 1;
    for (const { id, data } of records) {
      if (data === null) this.records.delete(id);
      else this.records.set(id, data);
      if (this.scanning) this.seen.add(id);
    }
    if (this.scanning && !end.scanning) {
      for (const id of this.records.keys()) if (!this.seen.has(id)) this.records.delete(id);
      this.scanning = false;
    }
    this.cursor = end.cursor;
    this.confirm = end.id ?? undefined;
  }
}
