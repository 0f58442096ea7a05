import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import type { AdminClient } from '../admin-client.js';
import type { OrgRole } from '../app-host/plugin-proxy.js';
import { eventually } from '../eventually.js';
import { HeldLine } from './held-line.js';
import type { AppPlace, OpenPanel, PanelName } from './place.js';

const products = 300;
/** The products come in several pages. */
const maxPullRecords = 50;
/** A push that waits for longer is a failure that the store reports. */
const pushTimeoutMs = 1_000;
const adminRoles: Readonly<Record<OrgRole, string>> = {
  Viewer: 'viewer',
  Editor: 'operator',
  Admin: 'admin',
};

export interface Step {
  readonly name: string;
  run(drive: AppDrive): Promise<void>;
}

/** A store with a real store server, on a line that can be held. */
export interface DrivenStore {
  readonly storeId: string;
  readonly name: string;
  readonly agent: StoreAgent;
  readonly line: HeldLine;
  readonly dataDir: string;
  /** Tokens that it has made by itself. */
  readonly madeTokens: readonly string[];
  /** Starts its store server again, after a stop, on what it has. */
  startAgain(): Promise<StoreAgent>;
}

/** An audit entry of the admin API. */
export interface Audited {
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * People act on stores by the app's panels, wherever these are, and an HQ and store servers that are real carry it out.
 * All stores and records are made for it, and go with it.
 */
export class AppDrive {
  private readonly endings: (() => Promise<unknown>)[] = [];
  private readonly storeIds: string[] = [];

  private constructor(
    readonly place: AppPlace,
    readonly hqUrl: string,
    readonly admin: AdminClient,
    private readonly folder: string,
    /** At the start of every name here: nothing else at HQ has it. */
    readonly prefix: string,
  ) {}

  static async begin(place: AppPlace, hqUrl: string, admin: AdminClient): Promise<AppDrive> {
    const folder = await mkdtemp(path.join(tmpdir(), 'hq-app-'));
    const drive = new AppDrive(place, hqUrl, admin, folder, `app-${randomBytes(3).toString('hex')}`);
    await drive.expect(200, 'PUT', `/sets/${drive.prefix}`, { storeIds: [] });
    const records = drive.productIds.map((id) => ({ id, set: drive.prefix, data: drive.productOf(id) }));
    const { status } = await admin.changeRecords('products', records);
    assert.equal(status, 200);
    return drive;
  }

  /** HQ's products for these stores. */
  get productIds(): readonly string[] {
    return Array.from({ length: products }, (_, at) => `${this.prefix}-${1_000 + at}`);
  }

  productOf(id: string) {
    const at = Number(id.slice(-3));
    return {
      sku: `SKU-${at}`,
      name: `Product ${at}`,
      departmentId: 'd-1',
      priceMinor: 100 + at,
      currency: 'USD',
      taxRateId: 't-1',
    };
  }

  /** A store whose server is connected and has HQ's products. */
  async newStore(word: string, fields: { region?: string; name?: string } = {}): Promise<DrivenStore> {
    const storeId = `${this.prefix}-${word}`;
    const name = fields.name ?? `Store ${word}`;
    await this.admin.createStore({ ...fields, storeId, name });
    this.storeIds.push(storeId);
    this.endings.push(() => this.admin.call('POST', `/stores/${storeId}/archive`, { force: true }));
    await this.expect(200, 'PUT', `/sets/${this.prefix}`, { storeIds: this.storeIds });
    const { token } = await this.admin.generateToken(storeId);
    const dataDir = path.join(this.folder, word);
    const line = await HeldLine.listen(this.hqUrl);
    this.endings.push(() => line.close());
    const madeTokens: string[] = [];
    const start = async () => {
      const agent = await StoreAgent.start({
        hqUrl: line.url,
        token,
        dataDir,
        intake: null,
        validate: false,
        maxPullRecords,
        pushTimeoutMs,
        onNewToken: (made) => madeTokens.push(made),
      });
      this.endings.push(() => agent.stop());
      return agent;
    };
    const agent = await start();
    await this.hasProducts(agent);
    await eventually(
      'HQ shows the store as connected, by its token',
      async () => [await this.statusOf(storeId), await this.tokensOf(storeId)] as const,
      ([{ store }, tokens]) => store.status === 'connected' && tokens[0].inUse,
    );
    return { storeId, name, agent, line, dataDir, madeTokens, startAgain: start };
  }

  /** Until the copy of the store is HQ's, record by record. */
  async hasProducts(agent: StoreAgent): Promise<void> {
    const wrong = () =>
      this.productIds.filter((id) => {
        const { name, priceMinor } = this.productOf(id);
        const read = agent.read('products', id);
        return read?.['name'] !== name || read['priceMinor'] !== priceMinor;
      });
    await eventually('the copy is right', wrong, (ids) => ids.length === 0, 30_000, 100);
    await eventually(
      'everything is read',
      () => agent.status().pull,
      (entities) => entities.every(({ scanning }) => !scanning),
    );
  }

  /** Until the step ends. */
  async open(role: OrgRole, panel: PanelName, storeId?: string): Promise<OpenPanel> {
    const opened = await this.place.open(role, panel, storeId);
    this.endings.push(() => opened.close());
    return opened;
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the steps know what they ask for
  async get(at: string): Promise<any> {
    return (await this.expect(200, 'GET', at)).body;
  }

  statusOf(storeId: string) {
    return this.get(`/stores/${storeId}/status`);
  }

  async tokensOf(storeId: string) {
    return (await this.get(`/stores/${storeId}/tokens`)).items;
  }

  async jobsOf(storeId: string) {
    return (await this.get(`/resync-jobs?storeId=${storeId}`)).items;
  }

  /** Who the audit log says that it was. */
  actor(role: OrgRole, way: OrgRole = role): string {
    return `${this.place.login(role)} (grafana ${adminRoles[way]})`;
  }

  /** The newest audit entry of this action of this person. @throws when there is none. */
  async audited(action: string, actor: string, storeId?: string): Promise<Audited> {
    const ofStore = storeId === undefined ? '' : `&storeId=${storeId}`;
    const asked = `/audit?action=${action}&actor=${encodeURIComponent(actor)}&limit=1${ofStore}`;
    const { items } = await this.get(asked);
    assert.equal(items.length, 1, `${action} by ${actor} is in the audit log`);
    return items[0];
  }

  async expect(status: number, method: string, at: string, body?: object) {
    const answer = await this.admin.call(method, at, body);
    assert.equal(answer.status, status, `${method} ${at}: ${JSON.stringify(answer.body)}`);
    return answer;
  }

  /** Closes panels, stops store servers, archives stores. */
  async endStep(): Promise<void> {
    for (const end of this.endings.splice(0).reverse()) await end();
  }

  async end(): Promise<void> {
    await this.endStep();
    await this.admin.changeRecords(
      'products',
      this.productIds.map((id) => ({ id, deleted: true })),
    );
    await this.expect(200, 'PUT', `/sets/${this.prefix}`, { storeIds: [] });
    await rm(this.folder, { recursive: true, force: true });
  }
}
