import { resyncStates } from '@hq-sync/hq-collector/sync/resync-state';
import type { ApiCommand, Argument, Option, Row, Wait } from '../command.js';
import { age, bytes, count, duration, names, percent, perSecond, time, yesNo } from '../output/format.js';
import { card, table, type Column, type View } from '../output/view.js';
import { storeArgument, storeOption } from './stores.js';

export const entityOption: Option = {
  flags: '--entity <name>',
  summary: 'only of this kind, e.g. products; left out: all that is pulled',
  many: true,
};
const job: Argument = { param: 'jobId', name: 'JOB', summary: 'id of the job' };

const columns: readonly Column[] = [
  { head: 'Job', field: 'jobId' },
  { head: 'Store', field: 'storeId', maxChars: 20 },
  { head: 'State', field: 'state' },
  { head: 'Done', field: 'percent', format: percent, right: true },
  { head: 'Records', field: 'recordsTotal', format: count, right: true, leaveOut: 1 },
  { head: 'Created', field: 'createdAt', format: age, right: true },
  { head: 'By', field: 'createdBy', maxChars: 16, leaveOut: 2 },
];

const fields: readonly Column[] = [
  { head: 'Job', field: 'jobId' },
  { head: 'Store', field: 'storeId' },
  { head: 'Entities', field: 'entities', format: names },
  { head: 'State', field: 'state' },
  { head: 'Message', field: 'message' },
  { head: 'Done', field: 'percent', format: percent },
  { head: 'Records', field: 'recordsTotal', format: count },
  { head: 'At the store', field: 'recordsConfirmed', format: count },
  { head: 'Created', field: 'createdAt', format: time },
  { head: 'By', field: 'createdBy' },
  { head: 'Started', field: 'startedAt', format: time },
  { head: 'Ended', field: 'endedAt', format: time },
  { head: 'Rollout', field: 'rolloutId' },
];

const view = (row: Row): View => [card(fields, row)];

const wait: Wait = {
  route: 'GET /resync-jobs/{jobId}',
  id: 'jobId',
  again: 'resync wait',
  hasEnded: ({ state }) => state !== 'queued' && state !== 'running',
  isDone: ({ state }) => state === 'done',
  progress: (row) => ({
    percent: row['percent'] as number,
    text: `${row['storeId']}: ${row['state']}, ${count(row['recordsConfirmed'], row)} of ${count(row['recordsTotal'], row)} records`,
  }),
};

const preview: ApiCommand = {
  words: 'resync preview',
  summary: 'What a resync would send, how long it takes, and whether it ends before the store opens',
  call: 'GET /stores/{storeId}/resync-preview',
  arguments: [storeArgument],
  options: [entityOption],
  moreQuery: ({ entity }) => ({ entities: entity?.join(',') }),
  examples: ['resync preview main-street'],
  view: (row) => [
    table(
      [
        { head: 'Entity', field: 'entity' },
        { head: 'Records', field: 'records', format: count, right: true },
        { head: 'Size', field: 'bytes', format: bytes, right: true },
      ],
      row['entities'],
      'Stores pull nothing.',
    ),
    card(
      [
        { head: 'Records', field: 'records', format: count },
        { head: 'Size', field: 'bytes', format: bytes },
        { head: 'Rate', field: 'bytesPerSecond', format: perSecond },
        { head: 'Time', field: 'seconds', format: duration },
        { head: 'Open now', field: 'openNow', format: yesNo },
        { head: 'Opens', field: 'opensAt', format: time },
        { head: 'Ends before opening', field: 'endsBeforeOpening', format: yesNo },
      ],
      row,
    ),
  ],
};

export const resync: readonly ApiCommand[] = [
  preview,
  {
    words: 'resync start',
    summary: 'Have a store read everything of HQ again',
    details:
      'Waits for the store when that is offline. Asked again while it is under way, it is the same job.',
    call: 'POST /stores/{storeId}/resync',
    arguments: [storeArgument],
    options: [entityOption, { flags: '--preview', summary: 'show what it would send, and do nothing' }],
    body: ({ entity }) => ({ ...(entity && { entities: entity }) }),
    instead: (given) => (given['preview'] ? preview : undefined),
    wait,
    examples: ['resync start main-street --entity products --preview', 'resync start main-street'],
    view,
  },
  {
    words: 'resync list',
    summary: 'Resync jobs, newest first',
    call: 'GET /resync-jobs',
    options: [
      storeOption,
      { flags: '--rollout-id <id>', summary: 'only of this rollout' },
      { flags: '--state <state>', summary: 'only in this state', choices: resyncStates },
    ],
    query: ['storeId', 'rolloutId', 'state'],
    pages: 'some',
    examples: ['resync list --store-id main-street'],
    view: ({ items }) => [table(columns, items, 'No such jobs.')],
  },
  {
    words: 'resync show',
    summary: 'One job with its progress',
    call: 'GET /resync-jobs/{jobId}',
    arguments: [job],
    examples: ['resync show JOB_ID'],
    view,
  },
  {
    words: 'resync wait',
    summary: 'Wait for the end of a job; exit code 7 when it ends badly',
    call: 'GET /resync-jobs/{jobId}',
    arguments: [job],
    wait,
    always: 'waits',
    examples: ['resync wait ENDED_JOB_ID'],
    view,
  },
  {
    words: 'resync cancel',
    summary: 'End a job; the store goes on from where it was before it',
    call: 'POST /resync-jobs/{jobId}/cancel',
    arguments: [job],
    examples: ['resync cancel JOB_ID'],
    view,
  },
];
