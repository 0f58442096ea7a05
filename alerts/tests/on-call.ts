import { expect } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import type { Webhook } from '@hq-sync/testkit/pager/webhook';

/** What the person on call gets, without the watchdog that always comes. */
export class OnCall {
  /** Names of alerts that have been seen to fire and to be over. */
  readonly seen = new Set<string>();

  constructor(private readonly webhook: Webhook) {}

  /** From here until the end of `incident`, these pages come and no other; afterwards all of them are over. */
  async expects(
    pages: readonly string[],
    incident: () => Promise<void> | void,
    mended: () => Promise<void> | void,
    deadlineMs: number,
  ): Promise<void> {
    const from = this.webhook.pages.length;
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
      () =>
        this.pagesFrom(from)
          .filter(({ resolvedMs }) => resolvedMs === null)
          .map(({ name }) => name),
      (names) => names.length === 0,
      deadlineMs,
    );
    expect(came()).toEqual(wanted);
    for (const page of this.pagesFrom(from)) {
      expectSound(page);
      this.seen.add(page.labels['alertname']!);
    }
  }

  private pagesFrom(from: number) {
    return this.webhook.pages.slice(from).filter(({ name }) => name !== 'HqWatchdog');
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
