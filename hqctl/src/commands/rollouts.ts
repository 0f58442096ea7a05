import {
  pick,
  scopeOf,
  scopeOptions,
  wholeNumber,
  type ApiCommand,
  type Argument,
  type Option,
  type Row,
  type Wait,
} from '../command.js';
import { age, bytes, count, duration, names, percent, scope, time, yesNo } from '../output/format.js';
import { card, sentence, table, type Column, type View } from '../output/view.js';
import { entityOption } from './resync.js';
import { storesText } from './stores.js';

const rollout: Argument = { param: 'rolloutId', name: 'ROLLOUT', summary: 'id of the rollout' };
const maxRunning: Option = {
  flags: '--max-running <stores>',
  summary: 'so many stores at once (default at the start: 5)',
  parse: wholeNumber,
};

const columns: readonly Column[] = [
  { head: 'Rollout', field: 'rolloutId' },
  { head: 'For', field: 'scope', format: scope, maxChars: 20 },
  { head: 'State', field: 'state' },
  { head: 'Done', field: 'percent', format: percent, right: true },
  { head: 'Stores', field: 'stores', format: count, right: true },
  { head: 'Failed', field: 'failed', format: count, right: true, leaveOut: 1 },
  { head: 'Created', field: 'createdAt', format: age, right: true, leaveOut: 2 },
];

const fields: readonly Column[] = [
  { head: 'Rollout', field: 'rolloutId' },
  { head: 'For', field: 'scope', format: scope },
  { head: 'Entities', field: 'entities', format: names },
  { head: 'At once', field: 'maxRunning', format: count },
  { head: 'State', field: 'state' },
  { head: 'Done', field: 'percent', format: percent },
  { head: 'Stores', field: 'stores', format: count },
  { head: 'Queued', field: 'queued', format: count },
  { head: 'Running', field: 'running', format: count },
  { head: 'Ended well', field: 'done', format: count },
  { head: 'Failed', field: 'failed', format: count },
  { head: 'Cancelled', field: 'cancelled', format: count },
  { head: 'Created', field: 'createdAt', format: time },
  { head: 'By', field: 'createdBy' },
  { head: 'Ended', field: 'endedAt', format: time },
];

const view = (row: Row): View => [card(fields, row)];

const wait: Wait = {
  route: 'GET /resync-rollouts/{rolloutId}',
  id: 'rolloutId',
  again: 'rollouts wait',
  hasEnded: ({ state }) => state === 'done' || state === 'cancelled',
  isDone: ({ state, failed, cancelled }) => state === 'done' && failed === 0 && cancelled === 0,
  progress: (row) => ({
    percent: row['percent'] as number,
    text: `${row['state']}: ${row['done']} of ${row['stores']} stores, ${row['running']} running, ${row['failed']} failed`,
  }),
};

const preview: ApiCommand = {
  words: 'rollouts start',
  summary: 'What a rollout would send to each store',
  call: 'GET /stores',
  pages: 'all',
  moreQuery(given) {
    scopeOf(given);
    return { region: given['region'] };
  },
  chooses: ({ storeId }, { store }) => store === undefined || storeId === store,
  forEach: {
    route: 'GET /stores/{storeId}/resync-preview',
    query: ({ entity }) => ({ entities: entity?.join(',') }),
  },
  examples: [],
  view({ items }) {
    const rows = items as readonly Row[];
    const sum = (field: string) => rows.reduce((total, row) => total + (row[field] as number), 0);
    const late = rows.filter(({ endsBeforeOpening }) => endsBeforeOpening === false).length;
    return [
      table(
        [
          { head: 'Store', field: 'storeId', maxChars: 24 },
          { head: 'Records', field: 'records', format: count, right: true },
          { head: 'Size', field: 'bytes', format: bytes, right: true },
          { head: 'Time', field: 'seconds', format: duration, right: true },
          { head: 'Open now', field: 'openNow', format: yesNo },
          { head: 'Opens', field: 'opensAt', format: time, leaveOut: 1 },
          { head: 'Ends before', field: 'endsBeforeOpening', format: yesNo },
        ],
        rows,
        'No such stores.',
      ),
      sentence(
        `${storesText(rows.length)}, ${count(sum('records'), {})} records, ${bytes(sum('bytes'), {})}; ${storesText(late)} would be open before the end.`,
      ),
    ];
  },
};

export const rollouts: readonly ApiCommand[] = [
  {
    words: 'rollouts start',
    summary: 'Resync the stores of a region, or all, so many at a time',
    details: 'Stores with a resync under way, and those without a store server, are left out.',
    call: 'POST /resync-rollouts',
    options: [
      ...scopeOptions,
      entityOption,
      maxRunning,
      { flags: '--preview', summary: 'show what it would send to each store, and do nothing' },
    ],
    body: (given) => ({
      scope: scopeOf(given),
      ...pick(given, 'maxRunning'),
      ...(given['entity'] && { entities: given['entity'] }),
    }),
    confirm: ({ all }) => (all ? 'Resync all stores?' : undefined),
    instead: (given) => (given['preview'] ? preview : undefined),
    wait,
    examples: ['rollouts start --region West --preview', 'rollouts start --region West --max-running 3'],
    view,
  },
  {
    words: 'rollouts list',
    summary: 'Rollouts, newest first',
    call: 'GET /resync-rollouts',
    options: [
      {
        flags: '--state <state>',
        summary: 'only in this state',
        choices: ['running', 'paused', 'done', 'cancelled'],
      },
    ],
    query: ['state'],
    pages: 'some',
    examples: ['rollouts list'],
    view: ({ items }) => [table(columns, items, 'No such rollouts.')],
  },
  {
    words: 'rollouts show',
    summary: 'One rollout with its progress; resync list --rollout-id has its jobs',
    call: 'GET /resync-rollouts/{rolloutId}',
    arguments: [rollout],
    examples: ['rollouts show ROLLOUT_ID'],
    view,
  },
  {
    words: 'rollouts wait',
    summary: 'Wait for the end of a rollout; exit code 7 when a store was left behind',
    call: 'GET /resync-rollouts/{rolloutId}',
    arguments: [rollout],
    wait,
    always: 'waits',
    examples: ['rollouts wait ENDED_ROLLOUT_ID'],
    view,
  },
  {
    words: 'rollouts pause',
    summary: 'Start no more of its jobs; those that run go on',
    call: 'POST /resync-rollouts/{rolloutId}/pause',
    arguments: [rollout],
    examples: ['rollouts pause ROLLOUT_ID'],
    view,
  },
  {
    words: 'rollouts resume',
    summary: 'Start its jobs again',
    call: 'POST /resync-rollouts/{rolloutId}/resume',
    arguments: [rollout],
    options: [maxRunning],
    body: (given) => pick(given, 'maxRunning'),
    examples: ['rollouts resume ROLLOUT_ID --max-running 10'],
    view,
  },
  {
    words: 'rollouts cancel',
    summary: 'Cancel its jobs, those that wait and those that run',
    call: 'POST /resync-rollouts/{rolloutId}/cancel',
    arguments: [rollout],
    examples: ['rollouts cancel ROLLOUT_ID'],
    view,
  },
];
