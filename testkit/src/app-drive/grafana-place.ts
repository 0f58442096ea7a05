import { randomBytes } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import type { OrgRole } from '../app-host/plugin-proxy.js';
import { GrafanaSession, type Look } from '../grafana/grafana-session.js';
import { OpenPanel, panelTitles, type AppPlace, type PanelName } from './place.js';

const roles: readonly OrgRole[] = ['Viewer', 'Editor', 'Admin'];
const wide: Look = { width: 1_400, height: 4_600, theme: 'dark' };
const deadlineMs = 20_000;
const proxyPath = '/api/plugin-proxy/hqsync-manager-app';

/** The panels in the dashboards of a Grafana that runs, with three people of its own. */
export class GrafanaPlace implements AppPlace {
  private readonly userIds: number[] = [];
  private readonly sessions = new Map<OrgRole, GrafanaSession>();

  private constructor(
    private readonly url: string,
    private readonly authorization: string,
  ) {}

  /** @param admin an admin of the whole Grafana, who makes the three. */
  static async enter(url: string, admin: { login: string; password: string }): Promise<GrafanaPlace> {
    const basic = Buffer.from(`${admin.login}:${admin.password}`).toString('base64');
    const place = new GrafanaPlace(url, `Basic ${basic}`);
    try {
      for (const role of roles) await place.addPerson(role);
    } catch (error) {
      await place.close();
      throw error;
    }
    return place;
  }

  login(role: OrgRole): string {
    return `hq-app-${role.toLowerCase()}`;
  }

  async open(role: OrgRole, panel: PanelName, storeId?: string): Promise<OpenPanel> {
    const page = storeId === undefined ? await this.fleet(role) : await this.store(role, storeId);
    const opened = new OpenPanel(page, frameOf(page, panel).locator('.hqsync'));
    // Grafana complains of things that are not the app's.
    const note = (text: string) => text.includes('hqsync') && opened.complaints.push(text);
    page.on('console', (message) => message.type() === 'error' && note(message.text()));
    page.on('pageerror', (error) => note(`${error.stack}`));
    return opened;
  }

  /** The dashboard of a store, with the row of the app open. */
  async store(role: OrgRole, storeId: string, look = wide): Promise<Page> {
    const ofStore = `&var-store=${encodeURIComponent(storeId)}`;
    const page = await this.session(role).dashboard('hq-store', ofStore, look);
    await page
      .getByText(/^Advanced settings/)
      .first()
      .click({ timeout: deadlineMs });
    return page;
  }

  async ask(role: OrgRole | null, method: string, route: string): Promise<number> {
    const { status } = await fetch(`${this.url}${proxyPath}/${route}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(role && { cookie: this.session(role).cookieHeader }),
      },
      ...(method === 'POST' && { body: '{}' }),
    });
    return status;
  }

  async close(): Promise<void> {
    for (const session of this.sessions.values()) await session.close();
    for (const id of this.userIds) await this.call('DELETE', `/api/admin/users/${id}`);
  }

  private fleet(role: OrgRole): Promise<Page> {
    return this.session(role).dashboard('hq-sync-errors', '', wide);
  }

  private session(role: OrgRole): GrafanaSession {
    return this.sessions.get(role)!;
  }

  private async addPerson(role: OrgRole): Promise<void> {
    const login = this.login(role);
    const password = randomBytes(16).toString('base64url');
    // Of a run that was killed.
    const left = await this.send('GET', `/api/users/lookup?loginOrEmail=${login}`);
    if (left.ok) await this.call('DELETE', `/api/admin/users/${((await left.json()) as { id: number }).id}`);
    const { id } = await this.call('POST', '/api/admin/users', { login, name: login, password });
    this.userIds.push(id);
    await this.call('PATCH', `/api/orgs/1/users/${id}`, { role });
    this.sessions.set(role, await GrafanaSession.open(this.url, login, password));
  }

  private async call(method: string, at: string, body?: object): Promise<{ id: number }> {
    const answer = await this.send(method, at, body);
    if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { id: number };
  }

  private send(method: string, at: string, body?: object): Promise<Response> {
    return fetch(`${this.url}${at}`, {
      method,
      headers: { authorization: this.authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  }
}

/** The dashboard's frame around a panel of the app. */
export function frameOf(page: Page, panel: PanelName): Locator {
  return page
    .locator('.react-grid-item, [data-griditem-key]')
    .filter({ has: page.locator('.hqsync') })
    .filter({ has: page.getByText(panelTitles[panel], { exact: true }) })
    .first();
}
