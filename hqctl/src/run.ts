import { setTimeout as sleep } from 'node:timers/promises';
import { HqClient, type Answered } from './client.js';
import {
  pick,
  type ApiCommand,
  type Command,
  type Given,
  type Route,
  type Row,
  type Wait,
} from './command.js';
import { connection, readSettings } from './config.js';
import { confirmed } from './confirm.js';
import { exitCodes, Failure, usage } from './exit-code.js';
import { limits } from './limits.js';
import { printable } from './output/format.js';
import { LiveText } from './output/live-text.js';
import { progressBar } from './output/progress.js';
import { render } from './output/render.js';
import { sentence, type View } from './output/view.js';
import type { Terminal } from './terminal.js';

/** Runs a command of the table. @returns the exit code. @throws Failure */
export async function runCommand(command: Command, given: Given, terminal: Terminal): Promise<number> {
  if ('local' in command) {
    terminal.out(await command.local(given, terminal.env));
    return exitCodes.ok.code;
  }
  const usualMs = command.live ? limits.liveRequestMs : limits.requestMs;
  return new Run(await clientOf(given, terminal, usualMs), given, terminal).run(
    command.instead?.(given) ?? command,
  );
}

async function clientOf(given: Given, terminal: Terminal, usualMs: number): Promise<HqClient> {
  const { url, token, warnings } = await connection(await readSettings(given, terminal.env));
  for (const warning of warnings) terminal.err(`Warning: ${warning}\n`);
  const timeout = given['timeout'] as number | undefined;
  return new HqClient(url, token, timeout === undefined ? usualMs : timeout * 1_000);
}

class Run {
  constructor(
    private readonly hq: HqClient,
    private readonly given: Given,
    private readonly terminal: Terminal,
  ) {}

  async run(command: ApiCommand): Promise<number> {
    const question = command.confirm?.(this.given);
    if (question !== undefined) await confirmed(question, this.given, this.terminal);
    if (command.live && this.terminal.isTerminal && !this.given['json']) return this.draw(command);
    const answers = await this.answers(command);
    if (command.forEach) return this.showEach(command, command.forEach, answers);
    if (command.wait && (this.given['wait'] || command.always === 'waits'))
      return this.waitFor(command, command.wait, answers[0]!.row);
    this.show(command, answers);
    return exitCodes.ok.code;
  }

  /** One answer, or one for each page. */
  private async answers(command: ApiCommand): Promise<Answered[]> {
    const { given } = this;
    const path = pathOf(command.call, given);
    const method = command.call.split(' ')[0]!;
    const first =
      command.readsFirst && (await this.hq.ask({ method: 'GET', path: pathOf(command.readsFirst, given) }));
    const lines = command.lines?.(given);
    const everyPage = command.pages === 'all' || given['allPages'] === true;
    const query = {
      ...pick(given, ...(command.query ?? [])),
      ...command.moreQuery?.(given),
      ...(command.pages === 'some' && pick(given, 'limit', 'after')),
      ...(everyPage && given['limit'] === undefined && { limit: limits.maxPageRows }),
    };
    const answers: Answered[] = [];
    let after: string | undefined;
    do {
      const answer = await this.hq.ask({
        method,
        path: path + queryOf({ ...query, ...(after !== undefined && { after }) }),
        ...(command.body && { body: command.body(given) }),
        ...(lines !== undefined && { lines }),
        ...(first?.etag !== undefined && { ifMatch: first.etag }),
      });
      answers.push(answer);
      after = everyPage ? ((answer.row['next'] as string | null) ?? undefined) : undefined;
    } while (after !== undefined);
    return answers;
  }

  private show(command: ApiCommand, answers: readonly Answered[]): void {
    if (this.given['json']) for (const { raw } of answers) this.terminal.out(`${raw.trimEnd()}\n`);
    else this.terminal.out(render(this.viewOf(command, answers), this.terminal));
  }

  private async showEach(
    command: ApiCommand,
    { route, query }: NonNullable<ApiCommand['forEach']>,
    answers: readonly Answered[],
  ): Promise<number> {
    const items = answers
      .flatMap(({ row }) => row['items'] as Row[])
      .filter((item) => command.chooses?.(item, this.given) ?? true);
    const asked: Answered[] = [];
    for (const item of items) {
      const path = pathOf(route, item) + queryOf(query?.(this.given) ?? {});
      asked.push(await this.hq.ask({ method: 'GET', path }));
    }
    const rows = items.map((item, index) => ({ ...item, ...asked[index]!.row }));
    if (this.given['json']) for (const { raw } of asked) this.terminal.out(`${raw.trimEnd()}\n`);
    else this.terminal.out(render(command.view({ items: rows }), this.terminal));
    return exitCodes.ok.code;
  }

  private viewOf(command: ApiCommand, answers: readonly Answered[]): View {
    const last = answers.at(-1)!.row;
    if (!command.pages) return command.view(last);
    const view = command.view({ ...last, items: answers.flatMap(({ row }) => row['items'] as Row[]) });
    const more = last['next'];
    return typeof more === 'string'
      ? [...view, sentence(`There is more: --after ${more}, or --all-pages.`)]
      : view;
  }

  /** Until Ctrl-C. What HQ does not answer is said below the last picture, which then is old. */
  private async draw(command: ApiCommand): Promise<number> {
    const live = new LiveText(this.terminal);
    let view: View | undefined;
    const stopping = this.terminal.interrupted();
    for (;;) {
      let trouble = '';
      try {
        view = this.viewOf(command, await this.answers(command));
      } catch (error) {
        if (view === undefined || !(error instanceof Failure) || !mayPass(error)) {
          live.end();
          throw error;
        }
        trouble = `Not up to date: ${printable(error.message)}`;
      }
      if (stopping.signal.aborted) break;
      const at = new Date().toLocaleTimeString('en-US', { hourCycle: 'h23' });
      // The last line stays where the rest is cut.
      const end = trouble || `${at}, every ${limits.pollMs / 1_000} s; Ctrl-C ends it`;
      live.show(`${render(view, this.terminal)}\n${end}`);
      await sleep(limits.pollMs, undefined, stopping).catch(() => undefined);
      if (stopping.signal.aborted) break;
    }
    live.end();
    return exitCodes.ok.code;
  }

  private async waitFor(command: ApiCommand, wait: Wait, begun: Row): Promise<number> {
    const id = String(begun[wait.id]);
    const live = new LiveText(this.terminal, 'err');
    let answer: Answered | undefined;
    try {
      for (;;) {
        answer = await this.hq.ask({ method: 'GET', path: pathOf(wait.route, begun) });
        live.show(printable(progressBar(wait.progress(answer.row))));
        if (wait.hasEnded(answer.row)) break;
        await sleep(limits.waitPollMs);
      }
    } catch (error) {
      if (error instanceof Failure)
        throw new Failure(
          error.exit,
          `${error.message}\nIt goes on without hqctl; hqctl ${wait.again} ${id} waits again.`,
        );
      throw error;
    } finally {
      live.end();
    }
    this.show(command, [answer]);
    return (wait.isDone(answer.row) ? exitCodes.ok : exitCodes.jobFailed).code;
  }
}

/** HQ may be back at the next look. */
const mayPass = ({ exit }: Failure): boolean => exit === 'unreachable' || exit === 'hqFailed';

function pathOf(route: Route, from: Row): string {
  return route.replace(/^\S+ /, '').replaceAll(/\{(\w+)\}/g, (_, param: string) => {
    const value = String(from[param]);
    // Addresses cannot say these: they would lead to another one.
    if (['', '.', '..'].includes(value)) throw usage(`"${value}" is no ${param}`);
    return encodeURIComponent(value);
  });
}

function queryOf(query: Record<string, unknown>): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, String(value));
  return asked.size === 0 ? '' : `?${asked}`;
}
