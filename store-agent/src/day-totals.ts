import {
  addActivity,
  contribution,
  dayTotal,
  noActivity,
  type Activity,
  type DayTotal,
} from '@hq-sync/protocol/activity';
import { limits } from '@hq-sync/protocol/limits';
import { differingTotal, sale, type Sale } from '@hq-sync/protocol/sale';
import { currentSchemaVersion } from '@hq-sync/protocol/version';
import type Database from 'libsql';
import { agentLimits } from './limits.js';
import { upgradeData } from './schema-upgrade.js';
import type { StoreCalendar } from './store-calendar.js';

interface CountedSale {
  record_id: string;
  revision: number;
  completed_at_ms: number;
  business_date: string | null;
  currency: string;
  contribution: string;
}

/**
 * The store's own totals per business date and currency, kept in the transaction that queues a sale. They follow
 * HQ's rules: the highest revision of a sale counts, on the date fixed by the revision that came first; what HQ
 * would quarantine as malformed counts nowhere.
 */
export class DayTotals {
  private readonly select: Database.Statement;
  private readonly upsert: Database.Statement;
  private readonly add: Database.Statement;
  private readonly selectDay: Database.Statement;
  private readonly undated: Database.Statement;

  constructor(
    private readonly db: Database.Database,
    private readonly calendar: StoreCalendar,
  ) {
    this.select = db.prepare('SELECT * FROM counted_sales WHERE record_id = ?');
    this.upsert = db.prepare(`
      INSERT INTO counted_sales VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (record_id) DO UPDATE SET revision = excluded.revision, business_date = excluded.business_date,
        currency = excluded.currency, contribution = excluded.contribution`);
    this.add = db.prepare(`
      INSERT INTO day_totals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (business_date, currency) DO UPDATE SET
        sales_count = sales_count + excluded.sales_count, gross_minor = gross_minor + excluded.gross_minor,
        tax_minor = tax_minor + excluded.tax_minor, discount_minor = discount_minor + excluded.discount_minor,
        void_count = void_count + excluded.void_count, void_minor = void_minor + excluded.void_minor,
        return_count = return_count + excluded.return_count, return_minor = return_minor + excluded.return_minor`);
    this.selectDay = db.prepare(`
      SELECT business_date AS businessDate, currency, sales_count AS salesCount, gross_minor AS grossMinor,
        tax_minor AS taxMinor, discount_minor AS discountMinor, void_count AS voidCount, void_minor AS voidMinor,
        return_count AS returnCount, return_minor AS returnMinor
      FROM day_totals WHERE business_date = ? ORDER BY currency`);
    this.undated = db.prepare('SELECT * FROM counted_sales WHERE business_date IS NULL LIMIT ?');
  }

  /** Counts one queued revision of a {@link countableSale}. Call it inside the transaction that queues it. */
  count(recordId: string, revision: number, counted: Sale): void {
    const before = this.select.get(recordId) as CountedSale | undefined;
    if (before !== undefined && before.revision >= revision) return;

    const completedAtMs = Date.parse(counted.completedAt);
    const date = before === undefined ? this.calendar.dateOf(completedAtMs) : before.business_date;
    const now = contribution(counted);
    this.upsert.run(recordId, revision, completedAtMs, date, counted.currency, JSON.stringify(now));
    if (date === null) return;
    if (before !== undefined) {
      this.addTo(
        date,
        before.currency,
        addActivity(noActivity, JSON.parse(before.contribution) as Activity, -1),
      );
    }
    this.addTo(date, counted.currency, now);
  }

  /** Totals of the last business dates in the wire's form, newest date first. */
  recent(): DayTotal[] {
    const dates = this.calendar.recent(agentLimits.heartbeatBusinessDates);
    // parsed, so that nothing but the wire's own fields leaves the database
    return dates
      .flatMap((date) => this.selectDay.all(date).map((row) => dayTotal.parse(row)))
      .slice(0, limits.maxDayTotals);
  }

  /** Dates some sales that were counted before the timezone was known. Returns how many. */
  dateSome(maxRows: number): number {
    const rows = this.undated.all(maxRows) as CountedSale[];
    for (const row of rows) {
      const date = this.calendar.dateOf(row.completed_at_ms);
      if (date === null) return 0;
      this.upsert.run(row.record_id, row.revision, row.completed_at_ms, date, row.currency, row.contribution);
      this.addTo(date, row.currency, JSON.parse(row.contribution) as Activity);
    }
    return rows.length;
  }

  /** Forgets some sales and totals of dates too old for any heartbeat. Returns how many sales. */
  forgetSome(maxRows: number): number {
    const oldest = this.calendar.recent(agentLimits.keepCountedSalesDays).at(-1);
    if (oldest === undefined) return 0;
    const { changes } = this.db
      .prepare(
        `DELETE FROM counted_sales WHERE record_id IN (
           SELECT record_id FROM counted_sales WHERE business_date < ? LIMIT ?)`,
      )
      .run(oldest, maxRows);
    this.db.prepare('DELETE FROM day_totals WHERE business_date < ?').run(oldest);
    return changes;
  }

  private addTo(date: string, currency: string, part: Activity): void {
    this.add.run(
      date,
      currency,
      part.salesCount,
      part.grossMinor,
      part.taxMinor,
      part.discountMinor,
      part.voidCount,
      part.voidMinor,
      part.returnCount,
      part.returnMinor,
    );
  }
}

/** The sale as HQ will read it, or null when HQ would quarantine it for its form. */
export function countableSale(data: Record<string, unknown>, schemaVersion: number): Sale | null {
  const parsed = sale.safeParse(upgradeData('sales', data, schemaVersion, currentSchemaVersion));
  return parsed.success && differingTotal(parsed.data) === undefined ? parsed.data : null;
}
