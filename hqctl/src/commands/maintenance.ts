import { scopeOf, scopeOptions, type ApiCommand, type Row } from '../command.js';
import { usage } from '../exit-code.js';
import { localTime, scope, time, yesNo } from '../output/format.js';
import { card, table, type Column, type View } from '../output/view.js';
import { durationMs, instant } from '../values.js';

const columns: readonly Column[] = [
  { head: 'Window', field: 'windowId' },
  { head: 'For', field: 'scope', format: scope, maxChars: 18 },
  { head: 'From', field: 'startsAt', format: localTime },
  { head: 'To', field: 'endsAt', format: localTime },
  { head: 'On', field: 'active', format: yesNo },
  { head: 'Reason', field: 'reason', maxChars: 24, leaveOut: 1 },
];

const fields: readonly Column[] = [
  { head: 'Window', field: 'windowId' },
  { head: 'For', field: 'scope', format: scope },
  { head: 'From', field: 'startsAt', format: time },
  { head: 'To', field: 'endsAt', format: time },
  { head: 'On now', field: 'active', format: yesNo },
  { head: 'Reason', field: 'reason' },
  { head: 'By', field: 'createdBy' },
  { head: 'Ended by', field: 'endedBy' },
];

const view = (row: Row): View => [card(fields, row)];

export const maintenance: readonly ApiCommand[] = [
  {
    words: 'maintenance list',
    summary: 'Maintenance windows, the last to end first',
    call: 'GET /maintenance-windows',
    options: [{ flags: '--active', summary: 'only those that are on now' }],
    query: ['active'],
    pages: 'some',
    examples: ['maintenance list --active'],
    view: ({ items }) => [table(columns, items, 'No such windows.')],
  },
  {
    words: 'maintenance start',
    summary: 'Set a time in which stores are not expected online: nobody is paged for them',
    call: 'POST /maintenance-windows',
    options: [
      ...scopeOptions,
      { flags: '--from <time>', summary: 'its start, e.g. 2026-12-24T18:00; left out: now', parse: instant },
      { flags: '--until <time>', summary: 'its end', parse: instant },
      {
        flags: '--for <duration>',
        summary: 'its length in place of its end: 90m, 2h, 3d',
        parse: durationMs,
      },
      { flags: '--reason <text>', summary: 'why', required: true },
    ],
    body(given) {
      const { from, until, for: ms, reason } = given;
      if ((until === undefined) === (ms === undefined)) throw usage('either --until or --for is needed');
      const start = from === undefined ? Date.now() : Date.parse(from);
      return {
        scope: scopeOf(given),
        ...(from !== undefined && { startsAt: from }),
        endsAt: until ?? new Date(start + ms).toISOString(),
        reason,
      };
    },
    examples: ['maintenance start --store main-street --for 2h --reason "new switch"'],
    view,
  },
  {
    words: 'maintenance end',
    summary: 'End a window now, or take back one that has not begun',
    call: 'POST /maintenance-windows/{windowId}/end',
    arguments: [{ param: 'windowId', name: 'WINDOW', summary: 'id of the window' }],
    examples: ['maintenance end WINDOW_ID'],
    view,
  },
];
