import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const folder = new URL('../provisioning/', import.meta.url);
const appSources = new URL('../app/src/', import.meta.url);
const app = (file: string) => readFileSync(new URL(file, appSources), 'utf8');
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

  it('gives the app an address and a token for each role, from outside', () => {
    const { apps } = parse(read('plugins/hq.yaml')) as {
      apps: { type: string; jsonData: object; secureJsonData: object }[];
    };
    const { id, routes } = JSON.parse(app('plugin.json')) as {
      id: string;
      routes: { url: string; reqRole: string; headers: { content: string }[] }[];
    };
    expect(apps.map(({ type }) => type)).toEqual([id]);
    for (const value of [...Object.values(apps[0]!.jsonData), ...Object.values(apps[0]!.secureJsonData)])
      expect(value).toMatch(/^\$HQ_[A-Z_]+$/);
    for (const { url, reqRole, headers } of routes) {
      expect(reqRole).toMatch(/^(Viewer|Editor|Admin)$/);
      expect(apps[0]!.jsonData).toHaveProperty(/JsonData\.(\w+)/.exec(url)![1]!);
      expect(apps[0]!.secureJsonData).toHaveProperty(/SecureJsonData\.(\w+)/.exec(headers[0]!.content)![1]!);
    }
  });

  it('lets Grafana of docker-compose.yml load the app and each of its panels, unsigned', () => {
    const { services } = parse(readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8'), {
      merge: true,
    }) as { services: { grafana: { environment: Record<string, string> } } };
    const ids = readdirSync(appSources, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('plugin.json'))
      .map((file) => (JSON.parse(app(file)) as { id: string }).id);
    expect(
      services.grafana.environment['GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS']!.split(',').sort(),
    ).toEqual(ids.sort());
    expect(services.grafana.environment).toMatchObject({ GF_DATAPROXY_SEND_USER_HEADER: 'true' });
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
