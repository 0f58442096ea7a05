import { pick, type ApiCommand, type Argument, type Given, type Option } from '../command.js';
import { usage } from '../exit-code.js';
import { names, text, time, type Format } from '../output/format.js';
import { card, sentence, table, type Column } from '../output/view.js';
import { dayHours, writtenHours } from '../values.js';

export const storeArgument: Argument = { param: 'storeId', name: 'STORE', summary: 'id of the store' };
export const storeOption: Option = { flags: '--store-id <id>', summary: 'only of this store' };

export const storesText = (stores: number): string => `${stores} ${stores === 1 ? 'store' : 'stores'}`;

const hours: Format = (value) => writtenHours(value as Parameters<typeof writtenHours>[0]);

const columns: readonly Column[] = [
  { head: 'Store', field: 'storeId', maxChars: 24 },
  { head: 'Name', field: 'name', maxChars: 28 },
  { head: 'Region', field: 'region', maxChars: 16, leaveOut: 1 },
  { head: 'Time zone', field: 'timezone', leaveOut: 2 },
  { head: 'Currency', field: 'currency', leaveOut: 3 },
  { head: 'Tags', field: 'tags', format: names, maxChars: 24, leaveOut: 4 },
];

const fields: readonly Column[] = [
  { head: 'Store', field: 'storeId' },
  { head: 'Name', field: 'name' },
  { head: 'Region', field: 'region' },
  { head: 'Time zone', field: 'timezone' },
  { head: 'Currency', field: 'currency' },
  { head: 'Hours', field: 'openingHours', format: hours },
  { head: 'Day starts', field: 'dayCutover' },
  { head: 'Tags', field: 'tags', format: names },
  { head: 'Created', field: 'createdAt', format: time },
  { head: 'Archived', field: 'archivedAt', format: time },
];

const changeable: readonly Option[] = [
  { flags: '--region <name>', summary: 'region' },
  {
    flags: '--hours <days=spans>',
    summary: 'opening hours, e.g. mon-sat=08:00-22:00; days left out are closed',
    many: true,
    parse: dayHours,
  },
  { flags: '--day-cutover <HH:MM>', summary: 'when the business date changes (default: 00:00)' },
  { flags: '--tag <word>', summary: 'word to find stores by; all of them are set', many: true },
];

function storeBody(given: Given): Record<string, unknown> {
  const { hours: days, tag } = given;
  return {
    ...pick(given, 'name', 'timezone', 'currency', 'region', 'dayCutover'),
    ...(days && { openingHours: Object.assign({}, ...days) }),
    ...(tag && { tags: tag }),
  };
}

const noun = (required: boolean): readonly Option[] => {
  const options = [
    { flags: '--name <text>', summary: 'what it is called' },
    { flags: '--timezone <zone>', summary: 'IANA time zone, e.g. America/Denver' },
    { flags: '--currency <code>', summary: 'ISO 4217 code, e.g. USD' },
  ];
  return required ? options.map((option) => ({ ...option, required: true })) : options;
};

export const stores: readonly ApiCommand[] = [
  {
    words: 'stores list',
    summary: 'The stores, by id',
    call: 'GET /stores',
    options: [
      { flags: '--region <name>', summary: 'only of this region' },
      { flags: '--tag <word>', summary: 'only with this tag' },
      { flags: '--archived', summary: 'those that are archived' },
    ],
    query: ['region', 'tag', 'archived'],
    pages: 'some',
    examples: ['stores list --region West'],
    view: ({ items }) => [table(columns, items, 'No such stores.')],
  },
  {
    words: 'stores show',
    summary: 'One store as HQ keeps it',
    call: 'GET /stores/{storeId}',
    arguments: [storeArgument],
    examples: ['stores show main-street'],
    view: (store) => [card(fields, store)],
  },
  {
    words: 'stores create',
    summary: 'Create a store',
    details: 'It has no store server until a token or an enrolment code is made for it.',
    call: 'POST /stores',
    arguments: [storeArgument],
    options: [...noun(true), ...changeable],
    body: (given) => ({ storeId: given['storeId'], ...storeBody(given) }),
    examples: [
      'stores create high-street --name "High Street" --timezone America/Denver --currency USD --region West --hours mon-sat=08:00-22:00',
    ],
    view: (store) => [card(fields, store)],
  },
  {
    words: 'stores change',
    summary: 'Change what is given of a store',
    details: 'It is read first, and changed only if nobody has changed it in between.',
    call: 'PATCH /stores/{storeId}',
    readsFirst: 'GET /stores/{storeId}',
    arguments: [storeArgument],
    options: [
      ...noun(false),
      ...changeable,
      { flags: '--no-tags', summary: 'take every tag away' },
      { flags: '--without-region', summary: 'take it out of its region' },
      { flags: '--always-open', summary: 'take its hours away' },
    ],
    body(given) {
      const body = {
        ...storeBody(given),
        ...(given['tags'] === false && { tags: [] }),
        ...(given['withoutRegion'] && { region: null }),
        ...(given['alwaysOpen'] && { openingHours: null }),
      };
      if (Object.keys(body).length === 0) throw usage('nothing to change was given');
      return body;
    },
    examples: ['stores change main-street --name "Main Street North" --tag pilot'],
    view: (store) => [card(fields, store)],
  },
  {
    words: 'stores archive',
    summary: 'Archive a store: its sales stay, its tokens die',
    call: 'POST /stores/{storeId}/archive',
    arguments: [storeArgument],
    options: [{ flags: '--force', summary: 'though it has records that HQ does not have yet' }],
    body: ({ force }) => ({ force: force === true }),
    confirm: ({ storeId }) => `Archive ${storeId}? Its tokens die, and it does not come back.`,
    examples: ['stores archive old-town --yes'],
    view: ({ storeId }) => [sentence(`${String(storeId)} is archived.`)],
  },
  {
    words: 'stores push-now',
    summary: 'Have the store server end its waits and try now',
    details: 'Waits for the store when that is offline.',
    call: 'POST /stores/{storeId}/commands',
    arguments: [storeArgument],
    body: () => ({ command: 'push_now' }),
    examples: ['stores push-now main-street'],
    view: ({ commandId }) => [sentence(`The store is told. Command ${text(commandId, {})}.`)],
  },
];
