import type { Browser, Locator, Page } from 'playwright-core';

const deadlineMs = 20_000;

/** A part of a panel, used as a person does: by what it shows. */
export class AppPart {
  constructor(protected readonly root: Locator) {}

  async shows(text: string | RegExp): Promise<void> {
    await this.root.getByText(text).first().waitFor({ timeout: deadlineMs });
  }

  press(button: string): Promise<void> {
    return this.root
      .getByRole('button', { name: button, exact: true })
      .first()
      .click({ timeout: deadlineMs });
  }

  fill(label: string, text: string): Promise<void> {
    return this.root.getByLabel(label, { exact: true }).fill(text, { timeout: deadlineMs });
  }

  choose(label: string): Promise<void> {
    return this.root.getByLabel(label, { exact: true }).click({ timeout: deadlineMs });
  }

  async select(label: string, option: string): Promise<void> {
    await this.root
      .getByLabel(label, { exact: true })
      .selectOption({ label: option }, { timeout: deadlineMs });
  }

  /** The text of what has this label. */
  labelled(label: string): Promise<string> {
    return this.root.getByLabel(label, { exact: true }).innerText({ timeout: deadlineMs });
  }

  text(): Promise<string> {
    return this.root.innerText({ timeout: deadlineMs });
  }

  /** Names of the buttons in sight. */
  buttons(): Promise<string[]> {
    return this.root.getByRole('button').allInnerTexts();
  }

  item(name: string): AppPart {
    return new AppPart(this.root.getByRole('listitem', { name, exact: true }));
  }

  dialog(title: string): AppPart {
    return new AppPart(this.root.getByRole('dialog', { name: title, exact: true }));
  }
}

/** A panel of the app in the page of an AppHost. */
export class AppPage extends AppPart {
  /** What the browser complained about. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    super(page.locator('main'));
    page.on('console', (message) => message.type() === 'error' && this.complaints.push(message.text()));
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  static async open(
    browser: Browser,
    hostUrl: string,
    login: string,
    panel: string,
    storeId?: string,
    look: { readonly width: number; readonly height: number; readonly theme: 'dark' | 'light' } = {
      width: 800,
      height: 700,
      theme: 'dark',
    },
  ): Promise<AppPage> {
    const { theme, ...viewport } = look;
    const context = await browser.newContext({ viewport });
    await context.addCookies([{ name: 'person', value: login, url: hostUrl }]);
    const page = new AppPage(await context.newPage());
    const store = storeId === undefined ? '' : `&store=${encodeURIComponent(storeId)}`;
    await page.page.goto(`${hostUrl}/?panel=${panel}&theme=${theme}${store}`);
    return page;
  }

  async again(): Promise<void> {
    await this.page.reload();
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
