import { expect } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import type { Monitoring } from '@hq-sync/testkit/pager/monitoring';
import type { Webhook } from '@hq-sync/testkit/pager/webhook';

/** What the person on call gets, without the watchdog that always comes. */
export class OnCall {
  /** Names of alerts that have been seen to fire and to be over. */
  readonly seen = new Set<string>();

  constructor(private readonly monitoring: Monitoring) {}

  /** From here until the end of `incident`, these pages come and no other; afterwards all of them are over. */
  async expects(
    pages: readonly string[],
    incident: () => Promise<void> | void,
    mended: () => Promise<void> | void,
    deadlineMs: number,
  ): Promise<void> {
    const from = this.monitoring.webhook.pages.length;
    const came = () => [...new Set(this.pagesFrom(from).map(({ name }) => name))].toSorted();
    const wanted = [...pages].toSorted();
    await incident();
    await eventually(
      `pages ${wanted.join(', ')}`,
      came,
      (names) => wanted.every((name) => names.includes(name)),
      deadlineMs,
    );
    await mended();
    await eventually(
      'all is over',
      () => this.notOver(from),
      (names) => names.length === 0,
      deadlineMs,
    );
    expect(came()).toEqual(wanted);
    for (const page of this.pagesFrom(from)) {
      expectSound(page);
      this.seen.add(page.labels['alertname']!);
    }
  }

  /**
   * Names of alerts paged since then that are firing still. Prometheus is asked too: an alert of which Alertmanager
   * has not heard for a while is notified as resolved, and once more when it hears of it again.
   */
  private async notOver(from: number): Promise<string[]> {
    const firing = await this.monitoring.firing();
    return this.pagesFrom(from)
      .filter(({ labels, resolvedMs }) => resolvedMs === null || firing.has(labels['alertname']!))
      .map(({ name }) => name);
  }

  private pagesFrom(from: number) {
    return this.monitoring.webhook.pages.slice(from).filter(({ name }) => name !== 'HqWatchdog');
  }
}

/** The text is a person's: nothing of the templates is left in it, and it links to where to look. */
export function expectSound({ labels, annotations, receiver }: Webhook['pages'][number]): void {
  const { summary, description, runbook_url: runbook, dashboard_url: dashboard } = annotations;
  for (const text of [summary, description])
    expect(text).toEqual(expect.not.stringMatching(/\{\{|<no value>|<error|%!|NaN/));
  expect(description).toContain('What to do:');
  expect(runbook).toBe(`http://runbooks.test/${labels['alertname']}.md`);
  expect(dashboard).toMatch(/^http:\/\/grafana\.test\/d\/hq-/);
  expect(receiver).toBe(labels['severity'] === 'critical' ? 'hq-page' : 'hq-chat');
  expect(labels['grafana_url']).toBeUndefined();
  if (labels['store_id'] === undefined) return;
  expect(summary).toContain(labels['name']);
  expect(dashboard).toContain(`var-store=${labels['store_id']}`);
}
