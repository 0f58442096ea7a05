import { connectionStories } from './connection.js';
import { expectedStories } from './expected.js';
import { headquartersStories } from './headquarters.js';
import { monitoringStories } from './monitoring.js';
import { objectiveStories } from './objective.js';
import { outageStories } from './outages.js';
import type { Story } from './story.js';
import { syncStories } from './sync.js';
import { tokenStories } from './tokens.js';

/** Every story, by the heading of its part of the table in docs/alerts.md. */
export const library: Readonly<Record<string, readonly Story[]>> = {
  'One store and its line': connectionStories,
  'When nobody is at work': expectedStories,
  'What stores sync': syncStories,
  'Tokens that expire': tokenStories,
  'Many stores at once': outageStories,
  'HQ itself': headquartersStories,
  'The objective': objectiveStories,
  'What watches HQ': monitoringStories,
};
