import { readFileSync } from 'node:fs';
import { pick, type ApiCommand, type Argument } from '../command.js';
import { usage } from '../exit-code.js';
import { age, count, time, words, type Format } from '../output/format.js';
import { card, sentence, table, type Column } from '../output/view.js';
import { storeOption } from './stores.js';

const columns: readonly Column[] = [
  { head: 'Number', field: 'quarantineId', right: true },
  { head: 'Store', field: 'storeId', maxChars: 20 },
  { head: 'Entity', field: 'entity', format: words },
  { head: 'Record', field: 'recordId', maxChars: 24 },
  { head: 'Code', field: 'code', leaveOut: 1 },
  { head: 'Came', field: 'receivedAt', format: age, right: true },
  { head: 'Times', field: 'times', format: count, right: true, leaveOut: 2 },
];

const line: Format = (value) => Buffer.from(String(value), 'base64').toString('utf8');

const fields: readonly Column[] = [
  { head: 'Number', field: 'quarantineId' },
  { head: 'Store', field: 'storeId' },
  { head: 'Entity', field: 'entity', format: words },
  { head: 'Record', field: 'recordId' },
  { head: 'Revision', field: 'revision' },
  { head: 'Code', field: 'code' },
  { head: 'Message', field: 'message' },
  { head: 'Schema', field: 'schemaVersion' },
  { head: 'Came', field: 'receivedAt', format: time },
  { head: 'Times', field: 'times', format: count },
  { head: 'State', field: 'state' },
  { head: 'Ended', field: 'resolvedAt', format: time },
  { head: 'By', field: 'resolvedBy' },
  { head: 'Note', field: 'note' },
  { head: 'As it came', field: 'content', format: line, maxChars: 4_000 },
];

const number: Argument = {
  param: 'quarantineId',
  name: 'NUMBER',
  summary: 'number of the record in quarantine',
};

export const quarantine: readonly ApiCommand[] = [
  {
    words: 'quarantine list',
    summary: 'Records in quarantine, newest first',
    call: 'GET /quarantine',
    options: [
      storeOption,
      {
        flags: '--state <state>',
        summary: 'those in this state (default: held)',
        choices: ['held', 'replayed', 'discarded'],
      },
    ],
    query: ['storeId', 'state'],
    pages: 'some',
    examples: ['quarantine list --store-id main-street'],
    view: ({ items }) => [table(columns, items, 'No such records.')],
  },
  {
    words: 'quarantine show',
    summary: 'One of them, with the line as it came',
    call: 'GET /quarantine/{quarantineId}',
    arguments: [number],
    examples: ['quarantine show NUMBER'],
    view: (row) => [card(fields, row)],
  },
  {
    words: 'quarantine replay',
    summary: 'Send it through the push again, as it came or as corrected',
    call: 'POST /quarantine/{quarantineId}/replay',
    arguments: [number],
    options: [
      {
        flags: '--record <file>',
        summary: 'the corrected record, {id, revision, data}; - is stdin',
        file: true,
      },
      { flags: '--note <text>', summary: 'for those who look next' },
    ],
    body: (given) => ({
      ...pick(given, 'note'),
      ...(given['record'] !== undefined && { record: readRecord(given['record']) }),
    }),
    examples: ['quarantine replay NUMBER --record corrected.json --note "the till sent no currency"'],
    view: (result) => [
      card(
        [
          { head: 'Record', field: 'id' },
          { head: 'Outcome', field: 'outcome' },
          { head: 'Code', field: 'code' },
          { head: 'Message', field: 'message' },
        ],
        result,
      ),
    ],
  },
  {
    words: 'quarantine discard',
    summary: 'Give a record up; it stays readable, with the note',
    call: 'POST /quarantine/{quarantineId}/discard',
    arguments: [number],
    options: [{ flags: '--note <text>', summary: 'why', required: true }],
    body: (given) => pick(given, 'note'),
    confirm: ({ quarantineId }) => `Give record ${quarantineId} up? HQ never counts it then.`,
    examples: ['quarantine discard NUMBER --note "a test sale" --yes'],
    view: ({ quarantineId, state }) => [sentence(`Record ${String(quarantineId)} is ${String(state)}.`)],
  },
];

function readRecord(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw usage(`${file}: ${(error as Error).message}`);
  }
}
