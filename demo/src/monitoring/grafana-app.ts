import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { provisioned } from './files.js';

const tokenFolder = (folder: string): string => path.join(folder, 'grafana-tokens');

/** Makes the tokens with which the Grafana app asks the collector, which runs; those that work stay. */
export async function makeAppTokens(folder: string, hqUrl: string, adminTokenFile: string): Promise<void> {
  const args = [provisioned.makeGrafanaTokens, hqUrl, adminTokenFile, tokenFolder(folder)];
  await promisify(execFile)(process.execPath, args);
}

/** What Grafana needs to load the app and its panels, and to let it reach the collector. */
export function appEnvironment(folder: string): NodeJS.ProcessEnv {
  const token = (role: string) => {
    const file = path.join(tokenFolder(folder), role);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  return {
    GF_PATHS_PLUGINS: provisioned.grafanaPlugins,
    GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS: pluginIds().join(','),
    GF_DATAPROXY_SEND_USER_HEADER: 'true',
    HQ_GRAFANA_VIEWER_TOKEN: token('viewer'),
    HQ_GRAFANA_OPERATOR_TOKEN: token('operator'),
    HQ_GRAFANA_ADMIN_TOKEN: token('admin'),
  };
}

/** Of the app and of the panels in it: Grafana asks for each by name, since nobody has signed them. */
const pluginIds = (): string[] =>
  readdirSync(provisioned.grafanaPlugins, { recursive: true, encoding: 'utf8' })
    .filter((file) => path.basename(file) === 'plugin.json')
    .map((file) => readFileSync(path.join(provisioned.grafanaPlugins, file), 'utf8'))
    .map((manifest) => (JSON.parse(manifest) as { id: string }).id);
