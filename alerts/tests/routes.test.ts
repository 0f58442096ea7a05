import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { alertmanagerConfig } from '../src/alertmanager.js';
import { commentedReceivers } from '../src/commented-options.js';
import { generatedFiles, yamlOf } from '../src/generated-files.js';
import { allAlerts } from '../src/rule-files.js';
import { production } from '../src/thresholds.js';
import { parse } from 'yaml';
import { ran, testWith } from './tools.js';

const config = fileURLToPath(new URL('../alertmanager.yml', import.meta.url));
const templates = fileURLToPath(new URL('../templates/*.tmpl', import.meta.url));
const alerts = allAlerts(production);

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'hq-routes-'));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const routed = (file: string, labels: Readonly<Record<string, string>>) =>
  ran(
    'amtool',
    'config',
    'routes',
    'test',
    `--config.file=${file}`,
    ...Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
  ).stdout.trim();

testWith('amtool', 'amtool takes the configuration and its templates', () => {
  const { status, output } = ran('amtool', 'check-config', config);
  expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('1 templates') });
});

testWith('amtool', 'every alert goes to the receiver of its severity', () => {
  for (const { alert, labels } of alerts) {
    const { severity } = labels;
    const receiver = alert === 'HqWatchdog' ? 'hq-watchdog' : severity === 'critical' ? 'hq-page' : 'hq-chat';
    expect({ alert, receiver: routed(config, { alertname: alert, severity, region: 'north' }) }).toEqual({
      alert,
      receiver,
    });
  }
  expect(routed(config, { alertname: 'Other', severity: 'info' })).toBe('hq-none');
});

testWith('amtool', 'a region may have a receiver of its own for its critical alerts', () => {
  inFolder((folder) => {
    const file = path.join(folder, 'alertmanager.yml');
    writeFileSync(
      file,
      yamlOf(alertmanagerConfig(production, { regions: { 'the "north"': 'hq-page-north' } })),
    );
    const critical = { severity: 'critical', region: 'the "north"' };
    expect(routed(file, { alertname: 'HqStoreDisconnectedLong', ...critical })).toBe('hq-page-north');
    expect(routed(file, { alertname: 'HqStoreDisconnectedLong', ...critical, region: 'south' })).toBe(
      'hq-page',
    );
    expect(routed(file, { alertname: 'HqStoreDisconnected', ...critical, severity: 'warning' })).toBe(
      'hq-chat',
    );
    expect(routed(file, { alertname: 'HqMassOutage', severity: 'critical' })).toBe('hq-page');
    const expires = { alertname: 'HqStoreTokenExpiresSoon', ...critical };
    expect(routed(file, expires)).toBe('hq-page-north');
    expect(routed(file, { ...expires, region: 'south' })).toBe('hq-page');
  });
});

testWith(
  'amtool',
  'the ways to be told that stand in comments are taken, with their secrets in files',
  () => {
    inFolder((folder) => {
      const lines = commentedReceivers.split('\n').map((line) => line.replace(/^# ?/, ''));
      const from = lines.findIndex((line) => line.startsWith('- name: hq-page'));
      const to = lines.findIndex((line, at) => at > from && line === '');
      const named = parse(lines.slice(from, to).join('\n')) as { name: string }[];
      const written = alertmanagerConfig(production, {
        integrations: (receiver) => named.find(({ name }) => name === receiver) ?? {},
      });
      const file = path.join(folder, 'alertmanager.yml');
      writeFileSync(file, yamlOf(written).replace('templates/*.tmpl', templates));
      expect(named.map(({ name }) => name)).toEqual(['hq-page', 'hq-chat', 'hq-watchdog']);
      expect(ran('amtool', 'check-config', file)).toMatchObject({
        status: 0,
        output: expect.stringContaining('SUCCESS'),
      });
    });
  },
);

testWith(
  'amtool',
  'a notification says which store, since when, why, what to do, and links to that time',
  () => {
    inFolder((folder) => {
      const alert = {
        status: 'firing',
        labels: {
          alertname: 'HqStoreDisconnected',
          severity: 'warning',
          store_id: 'a/b',
          name: 'Main Street',
        },
        annotations: {
          summary: 'Main Street has been disconnected for 5 minutes',
          description: 'Main Street: socket closed. What to do: call the store.',
          runbook_url: 'https://docs/HqStoreDisconnected.md',
          dashboard_url: 'https://grafana/d/hq-store?var-store=a%2Fb&from=now-6h&to=now',
        },
        startsAt: '2026-11-23T10:00:00Z',
        endsAt: '2026-11-23T11:00:00Z',
      };
      const data = {
        status: 'firing',
        alerts: [alert, { ...alert, status: 'resolved' }],
        commonLabels: alert.labels,
      };
      const file = path.join(folder, 'data.json');
      writeFileSync(file, JSON.stringify(data));
      const rendered = (name: string) =>
        ran(
          'amtool',
          'template',
          'render',
          `--template.glob=${templates}`,
          `--template.text={{ template "${name}" . }}`,
          `--template.data=${file}`,
        ).output;
      const hour = 3_600_000;
      const from = Date.parse(alert.startsAt) - hour;
      const to = Date.parse(alert.endsAt) + hour / 4;
      for (const name of ['hq.text', 'hq.html']) {
        const text = rendered(name);
        for (const part of [
          alert.annotations.summary,
          alert.annotations.description,
          alert.annotations.runbook_url,
          'Since 2026-11-23 10:00:00 UTC',
          `https://grafana/d/hq-store?var-store=a%2Fb&from=${from}&to=now`,
          `https://grafana/d/hq-store?var-store=a%2Fb&from=${from}&to=${to}`,
        ])
          expect(text).toContain(part);
      }
      expect(rendered('hq.subject')).toBe('[WARNING] 1 firing, 1 over: HqStoreDisconnected');
    });
  },
);

test('no secret is in a file', () => {
  for (const [file, text] of generatedFiles())
    expect({ file, secrets: text.match(/(password|api_url|routing_key|token): /g) }).toEqual({
      file,
      secrets: null,
    });
});
