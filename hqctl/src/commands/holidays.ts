import { pick, scopeOf, scopeOptions, type ApiCommand, type Row } from '../command.js';
import { scope, type Format } from '../output/format.js';
import { card, sentence, table, type Column, type View } from '../output/view.js';
import { spans, writtenSpans } from '../values.js';

const hours: Format = (value) => writtenSpans(value as Parameters<typeof writtenSpans>[0]);

const columns: readonly Column[] = [
  { head: 'Holiday', field: 'holidayId' },
  { head: 'Day', field: 'day' },
  { head: 'Name', field: 'name', maxChars: 20 },
  { head: 'For', field: 'scope', format: scope, maxChars: 18 },
  { head: 'Hours', field: 'hours', format: hours, maxChars: 24, leaveOut: 1 },
];

const view = (row: Row): View => [
  card(
    columns.map(({ maxChars: _, ...column }) => column),
    row,
  ),
];

export const holidays: readonly ApiCommand[] = [
  {
    words: 'holidays list',
    summary: 'Days with other hours than those of the week, the newest day first',
    call: 'GET /holidays',
    pages: 'some',
    examples: ['holidays list'],
    view: ({ items }) => [table(columns, items, 'No holidays.')],
  },
  {
    words: 'holidays create',
    summary: 'Give a day other hours, or none',
    details: "A store's own day counts before its region's, that before the chain's.",
    call: 'POST /holidays',
    arguments: [
      { param: 'day', name: 'DAY', summary: 'YYYY-MM-DD' },
      { param: 'name', name: 'NAME', summary: 'what it is called' },
    ],
    options: [
      ...scopeOptions,
      { flags: '--hours <spans>', summary: 'e.g. 10:00-14:00; left out: closed', parse: spans },
    ],
    body: (given) => ({ ...pick(given, 'day', 'name', 'hours'), scope: scopeOf(given) }),
    examples: ['holidays create 2026-12-24 "Christmas Eve" --region West --hours 10:00-14:00'],
    view,
  },
  {
    words: 'holidays delete',
    summary: 'Take a holiday back: the day has the hours of its week again',
    call: 'DELETE /holidays/{holidayId}',
    arguments: [{ param: 'holidayId', name: 'HOLIDAY', summary: 'id of the holiday' }],
    examples: ['holidays delete HOLIDAY_ID'],
    view: ({ day, name }) => [sentence(`${String(day)}, ${String(name)}, has its usual hours again.`)],
  },
];
