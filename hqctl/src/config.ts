import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { usage } from './exit-code.js';

export interface Profile {
  readonly url?: string;
  /** Relative to the configuration. */
  readonly tokenFile?: string;
  /** Does not belong there; a warning says so. */
  readonly token?: string;
}

export interface ConfigFile {
  /** The profile that is used where none is named. */
  readonly profile?: string;
  readonly profiles?: Readonly<Record<string, Profile>>;
}

/** A value and who gave it, for `config show`. */
export interface Setting {
  readonly value: string;
  readonly from: string;
}

export interface Settings {
  readonly file: string;
  readonly profile: string;
  readonly url: Setting | undefined;
  readonly tokenFile: Setting | undefined;
  /** The token itself; only `from` is ever shown. */
  readonly token: Setting | undefined;
  readonly warnings: readonly string[];
}

export interface Chosen {
  readonly config?: string;
  readonly profile?: string;
}

const defaultProfile = 'default';

export function configPath({ config }: Chosen, env: NodeJS.ProcessEnv): string {
  if (config !== undefined) return path.resolve(config);
  return path.join(env['XDG_CONFIG_HOME'] || path.join(homedir(), '.config'), 'hqctl', 'config.json');
}

/**
 * A profile that is named on the command line counts alone; else each variable of the environment counts before the
 * default profile. @throws Failure
 */
export async function readSettings(chosen: Chosen, env: NodeJS.ProcessEnv): Promise<Settings> {
  const file = configPath(chosen, env);
  const config = await readConfig(file, chosen.config !== undefined);
  const profile = chosen.profile ?? config.profile ?? defaultProfile;
  const found = config.profiles?.[profile];
  if (!found && chosen.profile !== undefined) throw usage(`${file} has no profile ${profile}`);
  const named = chosen.profile !== undefined;
  const fromEnv = (name: string): Setting | undefined =>
    env[name] && !named ? { value: env[name], from: name } : undefined;
  const fromFile = (value: string | undefined): Setting | undefined =>
    value === undefined ? undefined : { value, from: `profile ${profile}` };
  const envFile = fromEnv('HQCTL_TOKEN_FILE');
  const envToken = fromEnv('HQCTL_TOKEN');
  const profileFile = found?.tokenFile === undefined ? undefined : resolved(found.tokenFile, file);
  return {
    file,
    profile,
    url: fromEnv('HQCTL_URL') ?? fromFile(found?.url),
    token: envToken ?? (envFile || profileFile !== undefined ? undefined : fromFile(found?.token)),
    tokenFile: envToken ? undefined : (envFile ?? fromFile(profileFile)),
    warnings: Object.entries(config.profiles ?? {}).flatMap(([name, { token }]) =>
      token === undefined
        ? []
        : [
            `${file} holds the token of profile ${name}: put it into a file of its own and name that as tokenFile.`,
          ],
    ),
  };
}

/** Where HQ is and what opens it. @throws Failure */
export async function connection(
  settings: Settings,
): Promise<{ url: string; token: string; warnings: readonly string[] }> {
  const warnings = [...settings.warnings];
  const { url } = settings;
  if (!url) throw usage('no address of HQ: set HQCTL_URL, or hqctl config set --url URL --token-file FILE');
  const address = addressOf(url);
  const token = settings.token?.value ?? (await readToken(settings, warnings));
  if (!/^[\x21-\x7e]+$/.test(token)) throw usage('the token is empty, or has characters that no token has');
  if (address.protocol === 'http:' && !isLoopback(address.hostname))
    warnings.push(`${address.origin} is not encrypted: the token can be read on the way.`);
  return { url: address.href.replace(/\/+$/, ''), token, warnings };
}

async function readToken({ tokenFile }: Settings, warnings: string[]): Promise<string> {
  if (!tokenFile) throw usage('no token: set HQCTL_TOKEN_FILE, or hqctl config set --token-file FILE');
  const { value: file } = tokenFile;
  try {
    const { mode } = await stat(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      warnings.push(`${file} can be read by others: chmod 600 ${file}`);
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw usage(`the token file cannot be read: ${(error as Error).message}`);
  }
}

/** Writes what is given of the profile, and keeps the rest; the first profile is the default. */
export async function changeProfile(
  chosen: Chosen,
  change: Profile & { default?: true },
  env: NodeJS.ProcessEnv,
) {
  const file = configPath(chosen, env);
  const config = await readConfig(file, false);
  const name = chosen.profile ?? config.profile ?? defaultProfile;
  const { default: isDefault, url, tokenFile } = change;
  if (url !== undefined) addressOf({ value: url, from: '--url' });
  const profile = {
    ...config.profiles?.[name],
    ...(url !== undefined && { url }),
    ...(tokenFile !== undefined && { tokenFile: path.resolve(tokenFile) }),
  };
  const changed: ConfigFile = {
    ...config,
    profile: isDefault ? name : (config.profile ?? name),
    profiles: { ...config.profiles, [name]: profile },
  };
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(changed, null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
  return { file, name };
}

async function readConfig(file: string, required: boolean): Promise<ConfigFile> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !required) return {};
    throw usage(`the configuration cannot be read: ${(error as Error).message}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw usage(`${file} is not JSON: ${(error as Error).message}`);
  }
  if (!isConfig(value))
    throw usage(`${file} is not of the form {"profiles": {"name": {"url", "tokenFile"}}}`);
  return value;
}

function isConfig(value: unknown): value is ConfigFile {
  const isText = (one: unknown) => one === undefined || typeof one === 'string';
  const isObject = (one: unknown): one is Record<string, unknown> =>
    typeof one === 'object' && one !== null && !Array.isArray(one);
  if (!isObject(value) || !isText(value['profile'])) return false;
  const { profiles = {} } = value;
  return (
    isObject(profiles) &&
    Object.values(profiles).every(
      (one) => isObject(one) && isText(one['url']) && isText(one['tokenFile']) && isText(one['token']),
    )
  );
}

function resolved(tokenFile: string, configFile: string): string {
  if (tokenFile.startsWith('~/')) return path.join(homedir(), tokenFile.slice(2));
  return path.resolve(path.dirname(configFile), tokenFile);
}

function addressOf({ value, from }: Setting): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    throw usage(`${from}: ${value} is no http or https address of an HQ`);
  return url;
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
