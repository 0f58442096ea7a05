import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../browser.js';

export interface PanelTrouble {
  readonly dashboard: string;
  readonly trouble: string;
}

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly theme: 'light' | 'dark';
}

/** A browser that is signed in to a Grafana, opened once for all dashboards. */
export class GrafanaSession {
  private constructor(
    readonly url: string,
    private readonly browser: Browser,
    private readonly cookies: { name: string; value: string; url: string }[],
  ) {}

  /** @throws when Grafana does not take the login. */
  static async open(url: string, user: string, password: string): Promise<GrafanaSession> {
    const answer = await fetch(`${url}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user, password }),
    });
    if (!answer.ok) throw new Error(`${url} did not take the login of ${user}: ${answer.status}.`);
    const cookies = answer.headers.getSetCookie().map((cookie) => {
      const [pair = ''] = cookie.split(';');
      const at = pair.indexOf('=');
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url };
    });
    return new GrafanaSession(url, await openBrowser(), cookies);
  }

  /** For requests beside the browser. */
  get cookieHeader(): string {
    return this.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  /** A page with a dashboard whose panels in sight have all been answered; `troubles` gets what their queries say. */
  async dashboard(uid: string, query: string, look: Look, troubles: PanelTrouble[] = []): Promise<Page> {
    const { theme, ...viewport } = look;
    const context = await this.browser.newContext({ viewport, colorScheme: theme });
    await context.addCookies(this.cookies);
    const page = await context.newPage();
    let waiting = 0;
    page.on('request', (request) => {
      if (isQuery(request.url())) waiting += 1;
    });
    page.on('requestfailed', (request) => {
      if (isQuery(request.url())) waiting -= 1;
    });
    page.on('response', (response) => {
      if (!isQuery(response.url())) return;
      response
        .text()
        .then((text) => troubles.push(...troublesOf(uid, response.status(), text)))
        .catch(() => undefined) // the page was closed while it came
        .finally(() => {
          waiting -= 1;
        });
    });
    await page.goto(`${this.url}/d/${uid}?orgId=1&theme=${theme}${query}`);
    await page.locator('.react-grid-item, [data-griditem-key]').first().waitFor({ timeout: 60_000 });
    // Nothing under way for a second: variables are asked for before panels, and panels when they come into sight.
    for (let quietMs = 0; quietMs < 1_500; quietMs += 100) {
      await page.waitForTimeout(100);
      if (waiting > 0) quietMs = -100;
    }
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

const isQuery = (url: string) => /\/api\/ds\/query|\/api\/datasources\/.*\/(query|resources)/.test(url);

function troublesOf(dashboard: string, status: number, text: string): PanelTrouble[] {
  const found: PanelTrouble[] = [];
  if (status >= 400) found.push({ dashboard, trouble: `${status} ${text.slice(0, 400)}` });
  else {
    const { results = {} } = JSON.parse(text) as { results?: Record<string, { error?: string }> };
    for (const { error } of Object.values(results)) if (error) found.push({ dashboard, trouble: error });
  }
  return found;
}
