import type { Locator, Page } from 'playwright-core';
import type { OrgRole } from '../app-host/plugin-proxy.js';
import { AppPart } from './app-part.js';

/** The app's panels by the title that they have in the dashboards. */
export const panelTitles = {
  resync: 'Force resync',
  token: 'Sync tokens',
  errors: 'Errors to act on',
  maintenance: 'Maintenance',
} as const;
export type PanelName = keyof typeof panelTitles;

/** Where people find the app's panels: a Grafana, or a bare page that stands for one. */
export interface AppPlace {
  /** A panel as somebody of this role has it, of one store, or of all where the panel can be. */
  open(role: OrgRole, panel: PanelName, storeId?: string): Promise<OpenPanel>;
  /** The status with which the way to HQ answers, whatever a panel would show; null: nobody who is signed in. */
  ask(role: OrgRole | null, method: string, route: string): Promise<number>;
  /** Who the place says the person of this role is. */
  login(role: OrgRole): string;
  close(): Promise<void>;
}

/** A panel in a page of its own. */
export class OpenPanel extends AppPart {
  /** What the app had the browser complain about. */
  readonly complaints: string[] = [];

  constructor(
    readonly page: Page,
    root: Locator,
  ) {
    super(root);
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
