import { canonicalJson } from '@hq-sync/store-agent/canonical-json';
import { LocalCopy } from '@hq-sync/store-agent/local-copy';
import { pino } from 'pino';
import { entities, type Entity, type HqModel } from './hq-model.js';

const maxCopyBytes = 1024 ** 3;
/** Records named of one entity of one store. */
const maxNamed = 5;

/** What stores' copies on disk have otherwise than HQ has for them, record for record. Their agents must be down. */
export class CopyAudit {
  readonly differences: string[] = [];
  /** Records that the stores should have, each compared. */
  records = 0;
  /** By the text on disk: most of it is the same in every store. */
  private readonly canonical = new Map<string, string>();

  constructor(private readonly model: HqModel) {}

  compare(dataDir: string, storeId: string): void {
    const name = (what: string) => this.differences.push(`store ${storeId}: ${what}`);
    const copy = new LocalCopy(dataDir, maxCopyBytes, pino({ level: 'silent' }), () =>
      name('its copy is broken'),
    );
    try {
      copy.open();
      for (const entity of entities) {
        const found = this.differencesOf(copy, storeId, entity);
        for (const one of found.slice(0, maxNamed)) name(`${entity}: ${one}`);
        if (found.length > maxNamed) name(`${entity}: ${found.length - maxNamed} more`);
      }
    } finally {
      copy.close();
    }
  }

  private differencesOf(copy: LocalCopy, storeId: string, entity: Entity): string[] {
    const found: string[] = [];
    const missing = this.model.recordsFor(storeId, entity);
    this.records += missing.size;
    for (const page of copy.pages(entity)) {
      for (const { id, data } of page) {
        const wanted = missing.get(id);
        missing.delete(id);
        const held = this.canonicalOf(data);
        if (wanted === undefined) found.push(`has ${id}, which HQ has not for it`);
        else if (wanted !== held) found.push(`has another ${id}: ${held}, not ${wanted}`);
      }
    }
    for (const id of missing.keys()) found.push(`lacks ${id}`);
    return found;
  }

  private canonicalOf(data: string): string {
    const known = this.canonical.get(data);
    if (known !== undefined) return known;
    const canonical = canonicalJson(JSON.parse(data));
    this.canonical.set(data, canonical);
    return canonical;
  }
}
