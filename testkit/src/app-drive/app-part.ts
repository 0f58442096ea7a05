import type { Locator } from 'playwright-core';

const deadlineMs = 20_000;

/** A part of a panel, used as a person does: by what it shows. */
export class AppPart {
  constructor(readonly root: Locator) {}

  async shows(text: string | RegExp): Promise<void> {
    await this.root.getByText(text).first().waitFor({ timeout: deadlineMs });
  }

  /** Until nothing of it is there any more. */
  gone(): Promise<void> {
    return this.root.waitFor({ state: 'detached', timeout: deadlineMs });
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
