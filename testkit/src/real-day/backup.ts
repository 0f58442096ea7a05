import { execFile } from 'node:child_process';
import { chown, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/**
 * A base backup by file copy, as PostgreSQL's manual makes it: the server goes on meanwhile, and recovers from its log
 * when it is started on the copy.
 */
export async function copyRunningServer(url: string, dataDir: string, target: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the query under way is refused by itself
  await client.connect();
  try {
    await client.query(`select pg_backup_start('hq', true)`);
    await copyOwned(dataDir, target);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    // What was written during the copy; all of it is there, because nothing is recycled so soon.
    await copyOwned(`${dataDir}/pg_wal/.`, path.join(target, 'pg_wal'));
    const label = path.join(target, 'backup_label');
    await writeFile(label, rows[0]!.labelfile);
    const { uid, gid } = await stat(target);
    await chown(label, uid, gid);
  } finally {
    await client.end();
  }
  for (const ofTheServer of ['postmaster.pid', 'postmaster.opts'])
    await rm(path.join(target, ofTheServer), { force: true });
}

/** Copies a folder with the owners of its files. Files that go while it is copied are left out. */
export async function copyOwned(from: string, to: string): Promise<void> {
  await run('cp', ['-a', from, to], { env: { ...process.env, LC_ALL: 'C' } }).catch((error: unknown) => {
    const said = (error as { stderr?: string }).stderr ?? String(error);
    const other = said.split('\n').filter((line) => line && !line.endsWith('No such file or directory'));
    if (other.length > 0) throw error;
  });
}
