import { freePort } from '../free-port.js';
import { installed, Program } from './program.js';

const host = '127.0.0.1';
/** Debian's package gives it another name than its makers. */
const names = ['postgres_exporter', 'prometheus-postgres-exporter'];

/** A sentence that says what is missing; undefined: it is there. */
export const exporterMissing = (): string | undefined =>
  installed(...names) ? undefined : 'no postgres_exporter';

/** The real exporter of PostgreSQL's metrics. */
export async function startPostgresExporter(databaseUrl: string): Promise<Program> {
  const address = `${host}:${await freePort(host)}`;
  const program = new Program(
    installed(...names)!,
    address,
    [`--web.listen-address=${address}`],
    { DATA_SOURCE_NAME: `${databaseUrl}?sslmode=disable` },
    '/metrics',
  );
  await program.ready();
  return program;
}
