import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const folder = new URL('../provisioning/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');

interface DataSources {
  readonly datasources: readonly {
    readonly uid: string;
    readonly url: string;
    readonly user?: string;
    readonly secureJsonData?: Readonly<Record<string, string>>;
  }[];
}

const { datasources } = parse(read('datasources/hq.yaml')) as DataSources;

describe('provisioning', () => {
  it('has every folder that Grafana looks for', () => {
    expect(readdirSync(folder).sort()).toEqual([
      'alerting',
      'dashboards',
      'datasources',
      'notifiers',
      'plugins',
    ]);
  });

  it('gives the data sources that dashboards name, and reads PostgreSQL as its reader', () => {
    expect(datasources.map(({ uid }) => uid)).toEqual(['hq-prometheus', 'hq-postgres', 'hq-alertmanager']);
    expect(datasources.find(({ uid }) => uid === 'hq-postgres')).toMatchObject({ user: 'hq_grafana' });
  });

  it('has neither an address nor a secret in a file', () => {
    const fromOutside = datasources.flatMap(({ url, secureJsonData = {} }) => [
      url,
      ...Object.values(secureJsonData),
    ]);
    for (const value of fromOutside) expect(value).toMatch(/^\$HQ_[A-Z_]+$/);
  });

  it('names each variable of the environment in docs/grafana.md', () => {
    const named = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.ya?ml(\.off)?$/.test(file))
      .flatMap((file) => [...read(file).matchAll(/\$(HQ_[A-Z_]+)/g)].map(([, name]) => name!));
    const document = readFileSync(new URL('../../docs/grafana.md', import.meta.url), 'utf8');
    expect(named.filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
  });

  it('keeps its dashboards in the folder HQ Manager, as they are in the repository', () => {
    expect(parse(read('dashboards/hq.yaml'))).toMatchObject({
      providers: [{ folder: 'HQ Manager', folderUid: 'hq-manager', allowUiUpdates: false }],
    });
  });
});
