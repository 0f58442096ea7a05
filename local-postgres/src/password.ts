import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { LocalPostgresError, explained } from './errors.js';

/** Throws LocalPostgresError `bad-password` where the file is gone: the data is then locked. */
export async function readPassword(file: string): Promise<string> {
  const password = await findPassword(file);
  if (password !== undefined) return password;
  throw new LocalPostgresError(
    'bad-password',
    `The password of the local PostgreSQL is missing (${file}): put the file back, or remove the data directory beside it to start with an empty one.`,
  );
}

/** The password in `file`, made up (128 bits, hexadecimal) and stored durably, mode 0600, if there is none yet. */
export async function ensurePassword(file: string): Promise<string> {
  const known = await findPassword(file);
  if (known !== undefined) return known;
  const password = randomBytes(16).toString('hex');
  await explained(`store the password of the local PostgreSQL`, async () => {
    const unfinished = `${file}.${process.pid}`;
    await writePrivately(unfinished, password);
    await rename(unfinished, file);
  });
  return password;
}

async function findPassword(file: string): Promise<string | undefined> {
  return explained('read the password of the local PostgreSQL', async () => {
    try {
      return (await readFile(file, 'utf8')).trim() || undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  });
}

async function writePrivately(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
