import type { Step } from './drive.js';
import { errorSteps } from './error-steps.js';
import { maintenanceSteps } from './maintenance-steps.js';
import { refusalSteps } from './refusal-steps.js';
import { resyncSteps } from './resync-steps.js';
import { tokenSteps } from './token-steps.js';

/** What people do with the app, the same wherever its panels are; each step has stores of its own. */
export const steps: readonly Step[] = [
  ...refusalSteps,
  ...resyncSteps,
  ...tokenSteps,
  ...errorSteps,
  ...maintenanceSteps,
];
