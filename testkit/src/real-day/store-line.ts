import { findPageEnd, pageEndBytes, type PageEndOnLine } from './page-end.js';
import { WatchedProxy, type Target, type Watcher } from '../watched-proxy.js';

export interface LineEvents {
  /** HQ's 200 to a push of the store with this token is on its way: its commit is done. */
  pushAnswered(token: string): 'pass' | 'cut';
  /** The end of a page is on its way to the store with this token. */
  pageSent(token: string, page: PageEndOnLine): 'pass' | 'cut';
}

/** The line of all stores to HQ: sees each answer on its way, and counts what the stores confirm. */
export class StoreLine {
  private proxy!: WatchedProxy;
  private readonly recordsOfPage = new Map<string, number>();
  /** Ids of the pages that a store has named as applied, by its token and the entity. */
  private readonly confirmed = new Map<string, Set<string>>();

  private constructor(private readonly events: LineEvents) {}

  static async listen(target: () => Target | null, events: LineEvents): Promise<StoreLine> {
    const line = new StoreLine(events);
    line.proxy = await WatchedProxy.listen(target, () => line.watch());
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${this.proxy.port}`;
  }

  /** Pages of this entity that the store has named as applied, each with its records. */
  confirmedPages(token: string, entity: string): ReadonlyMap<string, number> {
    const pages = [...(this.confirmed.get(`${token} ${entity}`) ?? [])];
    return new Map(pages.map((page) => [page, this.recordsOfPage.get(page) ?? 0]));
  }

  close(): Promise<void> {
    return this.proxy.close();
  }

  /** Of one connection: it carries one request at a time. */
  private watch(): Watcher {
    let asked: { direction: 'push' | 'pull'; entity: string; token: string } | undefined;
    let request = '';
    let tail = Buffer.alloc(0);
    return {
      fromClient: (chunk) => {
        const text = chunk.toString('latin1');
        const head = /^POST \/v1\/(push|pull)\/(\w+) [^]*?authorization: Bearer (\S+)/i.exec(text);
        if (head) {
          asked = { direction: head[1] as 'push' | 'pull', entity: head[2]!, token: head[3]! };
          request = '';
          tail = Buffer.alloc(0);
        }
        if (asked?.direction !== 'pull') return;
        request += text;
        const confirm = /"confirm":"([\w-]{36})"/.exec(request)?.[1];
        if (confirm) this.noteConfirmed(asked, confirm);
      },
      fromServer: (chunk) => {
        if (asked?.direction === 'push') {
          if (!chunk.toString('latin1', 0, 12).startsWith('HTTP/1.1 200')) return 'pass';
          const { token } = asked;
          asked = undefined;
          return this.events.pushAnswered(token);
        }
        if (asked?.direction !== 'pull') return 'pass';
        tail = Buffer.concat([tail, chunk.subarray(-pageEndBytes)]).subarray(-pageEndBytes);
        const end = findPageEnd(tail);
        if (!end) return 'pass';
        const { token } = asked;
        asked = undefined;
        if (end.id !== null) this.recordsOfPage.set(end.id, end.records);
        return this.events.pageSent(token, end);
      },
    };
  }

  private noteConfirmed({ token, entity }: { token: string; entity: string }, page: string): void {
    const key = `${token} ${entity}`;
    const pages = this.confirmed.get(key);
    if (pages) pages.add(page);
    else this.confirmed.set(key, new Set([page]));
  }
}
