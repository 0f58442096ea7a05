import type { News } from '@hq-sync/protocol/hq-message';
import type { Pool } from '../db/database.js';
import { ReadingLoop } from '../db/reading-loop.js';
import { NewsQueue } from './news-queue.js';

/** NOTIFY channels: HQ's data changed and waits for its positions; something was published. */
export const hqDataChangedChannel = 'hq_data_changed';
export const publishedChannel = 'hq_published';

export interface PublishedFleet {
  /** Ids of the stores connected here. */
  connected(): { storeIds: string[] };
  news(storeId: string, news: News): void;
}

/**
 * Publishes what HQ's data has changed to, and tells the stores connected here that something new waits for them. Any
 * replica may publish; each tells its own stores. Reads at once on a hint, and every `intervalMs` without one.
 */
export class Publisher {
  private readonly loop: ReadingLoop;
  /** Head of each entity of which the stores here have been told. */
  private told: Map<string, number> | undefined;
  private readonly queue: NewsQueue;

  /** @param newsPerSecond stores that are told in a second, at most. */
  constructor(
    private readonly pool: Pool,
    { intervalMs, newsPerSecond }: { intervalMs: number; newsPerSecond: number },
    private readonly fleet: PublishedFleet,
    private readonly onError: (error: unknown) => void,
  ) {
    this.queue = new NewsQueue(newsPerSecond, (storeId, news) => fleet.news(storeId, news));
    this.loop = new ReadingLoop(intervalMs, () => this.publishAndTell(), onError);
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    this.queue.stop();
  }

  /** Publishes now. Never rejects. */
  read(): Promise<void> {
    return this.loop.read();
  }

  private async publishAndTell(): Promise<void> {
    const { rows: waiting } = await this.pool.query<{ entity: string }>(waitingEntities);
    for (const { entity } of waiting) {
      try {
        await this.publish(entity);
      } catch (error) {
        this.onError(error); // the other entities do not wait for this one
      }
    }

    const { rows: heads } = await this.pool.query<{ entity: string; head: number }>(
      'select entity, head from hq.entity_head',
    );
    const { told } = this;
    this.told = new Map(heads.map(({ entity, head }) => [entity, head]));
    // At the start the stores here are yet to connect, and pull by themselves when they do.
    if (told)
      await this.tell(
        heads.filter(({ entity, head }) => head > (told.get(entity) ?? 0)),
        told,
      );
  }

  /** A publication takes a bounded number of changes: goes on until none waits, or others hold them. */
  private async publish(entity: string): Promise<void> {
    for (;;) {
      const { rows } = await this.pool.query<{ head: number | null }>('select hq.publish($1) as head', [
        entity,
      ]);
      if (rows[0]!.head === null) return;
    }
  }

  private async tell(
    moved: readonly { entity: string; head: number }[],
    told: ReadonlyMap<string, number>,
  ): Promise<void> {
    const { storeIds } = this.fleet.connected();
    if (moved.length === 0 || storeIds.length === 0) return;
    for (const { entity, head } of moved) {
      const { rows } = await this.pool.query<{ storeId: string }>(concernedStores, [
        entity,
        told.get(entity) ?? 0,
        head,
        storeIds,
      ]);
      for (const { storeId } of rows) this.queue.add(storeId, [entity]);
    }
  }
}

const waitingEntities = `
  select entity from hq.entity e where direction = 'pull' and (
    exists (select from hq.hq_record r where r.entity = e.entity and r.position is null)
    or exists (select from hq.hq_pointer p where p.entity = e.entity and p.position is null)
    or exists (select from hq.store_set_change c where c.entity = e.entity and c.position is null))`;

// By what each publication brought to each set: nothing for each record.
const concernedStores = `
  with moved as materialized (
    select distinct store_set from hq.set_publication where entity = $1 and head > $2 and head <= $3
  )
  select c.store_id as "storeId" from unnest($4::text[]) as c(store_id)
  where exists (select from moved where store_set = 'all')
    or exists (select from moved join hq.store_set_member m using (store_set) where m.store_id = c.store_id)
    or exists (
      select from hq.store_set_change s
      where s.store_id = c.store_id and s.entity = $1 and s.position > $2 and s.position <= $3
        and hq.set_has_records(s.entity, s.store_set))`;
