import { errorKinds } from '@hq-sync/protocol/error-code';
import { pick, type ApiCommand, type Argument, type Row } from '../command.js';
import { usage } from '../exit-code.js';
import { age, count, time, words, yesNo } from '../output/format.js';
import { card, sentence, table, type Column, type View } from '../output/view.js';
import { storeOption } from './stores.js';

const columns: readonly Column[] = [
  { head: 'Episode', field: 'episodeId', right: true },
  { head: 'Store', field: 'storeId', maxChars: 20 },
  { head: 'Kind', field: 'kind', format: words },
  { head: 'Entity', field: 'entity', format: words, leaveOut: 2 },
  { head: 'Failures', field: 'failures', format: count, right: true },
  { head: 'Began', field: 'openedAt', format: age, right: true },
  { head: 'Open', field: 'open', format: yesNo },
  { head: 'Seen by', field: 'acknowledgedBy', maxChars: 14, leaveOut: 4 },
  { head: 'Assigned to', field: 'assignedTo', maxChars: 14, leaveOut: 3 },
];

const fields: readonly Column[] = [
  { head: 'Episode', field: 'episodeId' },
  { head: 'Store', field: 'storeId' },
  { head: 'Kind', field: 'kind', format: words },
  { head: 'Code', field: 'code' },
  { head: 'Message', field: 'message' },
  { head: 'Entity', field: 'entity', format: words },
  { head: 'Way', field: 'direction' },
  { head: 'Began', field: 'openedAt', format: time },
  { head: 'Last failure', field: 'lastAt', format: time },
  { head: 'Failures', field: 'failures', format: count },
  { head: 'Open', field: 'open', format: yesNo },
  { head: 'Resolved', field: 'resolvedAt', format: time },
  { head: 'Seen by', field: 'acknowledgedBy' },
  { head: 'Note', field: 'acknowledgedNote' },
  { head: 'Assigned to', field: 'assignedTo' },
  { head: 'By itself', field: 'itself' },
  { head: 'A person', field: 'person' },
];

const episode: Argument = { param: 'episodeId', name: 'EPISODE', summary: 'number of the episode' };
const view = (row: Row): View => [card(fields, { ...row, ...(row['advice'] as object) })];

export const errors: readonly ApiCommand[] = [
  {
    words: 'errors list',
    summary: 'Error episodes, newest first',
    call: 'GET /errors',
    options: [
      storeOption,
      { flags: '--kind <kind>', summary: 'only of this kind', choices: errorKinds },
      { flags: '--open', summary: 'only those that still need a look' },
      { flags: '--resolved', summary: 'only those that are over' },
      { flags: '--acknowledged', summary: 'only those that a person has seen' },
      { flags: '--unacknowledged', summary: 'only those that nobody has seen' },
      { flags: '--assignee <who>', summary: 'only those that this person looks after' },
    ],
    query: ['storeId', 'kind', 'assignee'],
    moreQuery: (given) => ({
      open: oneOf(given['open'], given['resolved']),
      acknowledged: oneOf(given['acknowledged'], given['unacknowledged']),
    }),
    pages: 'some',
    examples: ['errors list --open --store-id main-street'],
    view: ({ items }) => [table(columns, items, 'No such errors.')],
  },
  {
    words: 'errors show',
    summary: 'One episode, with what happens by itself and what a person does',
    call: 'GET /errors/{episodeId}',
    arguments: [episode],
    examples: ['errors show EPISODE'],
    view,
  },
  {
    words: 'errors acknowledge',
    summary: 'Note that you have seen it; it stays open until the cause has gone',
    call: 'POST /errors/{episodeId}/acknowledge',
    arguments: [episode],
    options: [{ flags: '--note <text>', summary: 'for those who look next' }],
    body: (given) => pick(given, 'note'),
    examples: ['errors acknowledge EPISODE --note "the store was called"'],
    view,
  },
  {
    words: 'errors assign',
    summary: 'Say who looks after it',
    call: 'POST /errors/{episodeId}/assign',
    arguments: [episode],
    options: [
      { flags: '--to <who>', summary: 'the person' },
      { flags: '--nobody', summary: 'take it back' },
    ],
    body({ to, nobody }) {
      if ((to === undefined) === (nobody === undefined)) throw usage('either --to or --nobody is needed');
      return { assignee: to ?? null };
    },
    examples: ['errors assign EPISODE --to alex'],
    view,
  },
  {
    words: 'errors retry',
    summary: 'Have the store server try now; the episode says whether it worked',
    call: 'POST /errors/{episodeId}/retry',
    arguments: [episode],
    examples: ['errors retry EPISODE'],
    view: ({ commandId }) => [sentence(`The store is told. Command ${String(commandId)}.`)],
  },
];

function oneOf(yes: unknown, no: unknown): string | undefined {
  if (yes && no) throw usage('two options contradict each other');
  if (yes) return 'true';
  return no ? 'false' : undefined;
}
