import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeptToken {
  readonly tokenId: string;
  readonly token: string;
}

/**
 * The stores' sync tokens, in one file of mode 0600: what a person would have typed into each store server. HQ shows
 * a token once, so it is written before it is used.
 */
export class TokenFile {
  private readonly file: string;
  private readonly tokens: Record<string, KeptToken>;

  /** @throws the file system's error; SyntaxError when the file is no JSON. */
  constructor(dataDir: string) {
    this.file = join(dataDir, 'tokens.json');
    this.tokens = read(this.file);
  }

  get(storeId: string): KeptToken | undefined {
    return this.tokens[storeId];
  }

  set(storeId: string, token: KeptToken): void {
    this.tokens[storeId] = token;
    writeFileSync(`${this.file}.new`, JSON.stringify(this.tokens), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }
}

function read(file: string): Record<string, KeptToken> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, KeptToken>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
