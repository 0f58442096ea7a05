import type { DataDir } from './data-dir.js';
import type { DemoOptions } from './options.js';

/** The demo is for this machine alone. */
export const host = '127.0.0.1';

/** Where a person finds what, one address a line. */
export function addressLines(
  dataDir: DataDir,
  { port }: DemoOptions,
  databaseUrl: string,
  monitoring: readonly string[],
): string[] {
  const url = `http://${host}:${port}`;
  return [
    '',
    `Stores          ${url}/ (in a browser on this machine)`,
    `Collector       ${url}`,
    ...monitoring,
    `Metrics         ${url}/metrics (this process), ${url}/metrics/stores (the stores)`,
    `API             ${url}/openapi.json; admin API below ${url}/admin/v1`,
    `Admin token     ${dataDir.adminTokenFile}`,
    `Database        psql '${databaseUrl}' (views: schema hq_view)`,
    `Logs            ${dataDir.collectorLog}, ${dataDir.simulatorLog}`,
    '',
  ];
}
