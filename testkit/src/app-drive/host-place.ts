import type { Browser } from 'playwright-core';
import { AppHost } from '../app-host/app-host.js';
import { grafanaTokens } from '../app-host/grafana-tokens.js';
import type { OrgRole } from '../app-host/plugin-proxy.js';
import type { AdminClient } from '../admin-client.js';
import { openBrowser } from '../browser.js';
import { OpenPanel, type AppPlace, type PanelName } from './place.js';

const logins: Readonly<Record<OrgRole, string>> = { Viewer: 'vera', Editor: 'ed', Admin: 'ada' };
const viewport = { width: 800, height: 700 };

/** The panels in a small page, one at a time, without a Grafana. */
export class HostPlace implements AppPlace {
  private constructor(
    private readonly host: AppHost,
    private readonly browser: Browser,
  ) {}

  static async start(hqUrl: string, admin: AdminClient): Promise<HostPlace> {
    const people = Object.fromEntries(
      Object.entries(logins).map(([role, login]) => [login, role as OrgRole]),
    );
    const host = await AppHost.start(hqUrl, await grafanaTokens(admin), people);
    return new HostPlace(host, await openBrowser());
  }

  async open(role: OrgRole, panel: PanelName, storeId?: string): Promise<OpenPanel> {
    const { url } = this.host;
    const context = await this.browser.newContext({ viewport });
    await context.addCookies([{ name: 'person', value: logins[role], url }]);
    const page = await context.newPage();
    const opened = new OpenPanel(page, page.locator('main'));
    page.on('console', (message) => message.type() === 'error' && opened.complaints.push(message.text()));
    page.on('pageerror', (error) => opened.complaints.push(String(error)));
    const store = storeId === undefined ? '' : `&store=${encodeURIComponent(storeId)}`;
    await page.goto(`${url}/?panel=${panel}${store}`);
    return opened;
  }

  async ask(role: OrgRole | null, method: string, route: string): Promise<number> {
    const { status } = await fetch(`${this.host.url}/api/plugin-proxy/hqsync-manager-app/${route}`, {
      method,
      headers: { cookie: `person=${role ? logins[role] : 'nobody'}`, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: '{}' }),
    });
    return status;
  }

  login(role: OrgRole): string {
    return logins[role];
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.host.close();
  }
}
