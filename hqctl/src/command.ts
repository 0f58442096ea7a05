import { usage } from './exit-code.js';
import type { View } from './output/view.js';

/** `GET /stores/{storeId}`, below `/admin/v1`. */
export type Route = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;

export interface Argument {
  /** The path parameter that it is, and its name among what was given. */
  readonly param: string;
  /** As people see it: `STORE`. */
  readonly name: string;
  readonly summary: string;
  /** One or more of them. */
  readonly variadic?: true;
  readonly choices?: readonly string[];
  /** Its values are files, for completion. */
  readonly file?: true;
}

export interface Option {
  /** `--region <name>`; its name among what was given is the camel case of it. */
  readonly flags: string;
  readonly summary: string;
  readonly choices?: readonly string[];
  /** May be given several times: a list. */
  readonly many?: true;
  readonly required?: true;
  readonly file?: true;
  /** Throws `Failure` for a value that does not fit. */
  parse?(text: string): unknown;
}

/** Arguments and options by their names; those that were left out are undefined. */
// What a value is follows from the table's own entry, which is beside its use.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Given = Readonly<Record<string, any>>;

/** An answer of HQ, or a row of one. */
export type Row = Readonly<Record<string, unknown>>;

/** How a job is followed to its end. */
export interface Wait {
  /** Parameters of the path come from the answer that is waited on. */
  readonly route: Route;
  /** The words that wait again, before the id. */
  readonly again: string;
  /** The answer's field that names it. */
  readonly id: string;
  hasEnded(answer: Row): boolean;
  /** Ended well: exit code 0, else 7. */
  isDone(answer: Row): boolean;
  /** Of 100, and what is beside the bar. */
  progress(answer: Row): { readonly percent: number; readonly text: string };
}

/** What every command of the table has; help, completion and the manual are made from it. */
export interface CommandWords {
  /** `stores list` */
  readonly words: string;
  readonly summary: string;
  /** What else is to be known, in sentences. */
  readonly details?: string;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** After `hqctl`; a word in capitals stands for an id or a file. */
  readonly examples: readonly string[];
}

/** A command that is one route of the admin API. */
export interface ApiCommand extends CommandWords {
  readonly call: Route;
  /** Options that are the query, by their names there. */
  readonly query?: readonly string[];
  body?(given: Given): object;
  /** What stands in the query beside `query`. */
  moreQuery?(given: Given): Record<string, string | undefined>;
  /** The file whose lines are the body; `-` is stdin. */
  lines?(given: Given): string;
  /** Read first: the change is made only if it is still so. */
  readonly readsFirst?: Route;
  /** The answer has `items` and `next`: `some` takes `--limit`, `--after` and `--all`; `all` reads every page. */
  readonly pages?: 'some' | 'all';
  /** Drawn again and again on a terminal. */
  readonly live?: true;
  /** Asked before it is done, where it cannot be undone; undefined: not needed. */
  confirm?(given: Given): string | undefined;
  /** `--wait` waits, or the command always does. */
  readonly wait?: Wait;
  readonly always?: 'waits';
  /** Asked for each item of the answer that `chooses` takes; the view gets the item with what is answered. */
  readonly forEach?: { readonly route: Route; query?(given: Given): Record<string, string | undefined> };
  /** Which items of the answer count. */
  chooses?(item: Row, given: Given): boolean;
  /** Another command, run in the place of this one. */
  instead?(given: Given): ApiCommand | undefined;
  view(answer: Row): View;
}

/** A command that asks nothing of HQ. */
export interface LocalCommand extends CommandWords {
  local(given: Given, env: NodeJS.ProcessEnv): Promise<string> | string;
}

export type Command = ApiCommand | LocalCommand;

/** Options that every command takes. */
export const globalOptions: readonly Option[] = [
  { flags: '--json', summary: "print HQ's answer as it is" },
  { flags: '--profile <name>', summary: "HQ's profile in the configuration" },
  { flags: '--config <file>', summary: 'configuration, instead of ~/.config/hqctl/config.json', file: true },
  {
    flags: '--timeout <seconds>',
    summary: 'most time of a request with its retries (default: 30)',
    parse: seconds,
  },
];

/** Options that come from what a command is. */
export function optionsOf(command: Command): readonly Option[] {
  const own = command.options ?? [];
  if (!('call' in command)) return own;
  return [
    ...own,
    ...(command.pages === 'some' ? pageOptions : []),
    ...(command.wait && command.always === undefined
      ? [{ flags: '--wait', summary: 'wait for its end; exit code 7 when it ends badly' }]
      : []),
    ...(command.confirm ? [{ flags: '--yes', summary: 'do not ask; needed where no terminal is' }] : []),
  ];
}

const pageOptions: readonly Option[] = [
  { flags: '--limit <rows>', summary: 'rows of a page, 1 to 1000 (default: 100)', parse: wholeNumber },
  { flags: '--after <cursor>', summary: 'the page after this one' },
  { flags: '--all-pages', summary: 'every page' },
];

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw usage(`${text} is no whole number`);
  return Number(text);
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 86_400)) throw usage(`${text} is no number of seconds`);
  return value;
}

/** Those of the names that were given. */
export function pick(given: Given, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
  );
}

/** Exactly one of `--store`, `--region`, `--all`. */
export const scopeOptions: readonly Option[] = [
  { flags: '--store <id>', summary: 'for one store' },
  { flags: '--region <name>', summary: 'for the stores of a region' },
  { flags: '--all', summary: 'for all stores' },
];

export function scopeOf({ store, region, all }: Given): object {
  const chosen = [
    store !== undefined && { storeId: store },
    region !== undefined && { region },
    all && { all },
  ];
  const [one, ...others] = chosen.filter((scope) => scope);
  if (!one || others.length > 0) throw usage('one of --store, --region and --all is needed');
  return one as object;
}
