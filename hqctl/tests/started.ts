import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const program = path.join(process.cwd(), 'hqctl', 'dist', 'main.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started extends Promise<Ended> {
  readonly child: ChildProcess;
}

/** A person's machine: a home, files, and the built program in processes of its own. */
export class Home {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'hqctl-'));
  env: Record<string, string> = {};

  /** @returns its path. */
  file(name: string, content: string, mode = 0o600): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, content, { mode });
    chmodSync(file, mode);
    return file;
  }

  /** Where HQ is, as most tests say it: by the environment, the token in a file. */
  knows(url: string, token: string): void {
    this.env = { HQCTL_URL: url, HQCTL_TOKEN_FILE: this.file('token', `${token}\n`) };
  }

  start(args: readonly string[], env: Record<string, string> = {}, stdin: string | null = null): Started {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: this.folder, ...this.env, ...env },
      stdio: [stdin === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    // A program that has ended does not read on.
    child.stdin?.on('error', () => undefined).end(stdin);
    let stdout = '';
    let stderr = '';
    child.stdout!.on('data', (chunk) => (stdout += chunk));
    child.stderr!.on('data', (chunk) => (stderr += chunk));
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
    return Object.assign(ended, { child });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The words of a command line; double quotes hold blanks together. */
export const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
