import type { ChainDay } from '../chain-data.js';
import { DayStage, type StageOptions } from '../day-stage.js';
import { clonedMachine } from './cloned-machine.js';
import type { MachineReport } from './machine-run.js';
import { replacedMachine } from './replaced-machine.js';
import { restoredHq } from './restored-hq.js';

const runs = [replacedMachine, restoredHq, clonedMachine];

/** Plays a real day for each thing that becomes of machines, and compares everything as after a day under kills. */
export async function runMachines(
  day: ChainDay,
  options: StageOptions,
  say: (report: MachineReport) => void,
): Promise<void> {
  for (const run of runs) {
    const startedMs = performance.now();
    const stage = await DayStage.set(day, options);
    try {
      const outcome = await run.play(stage);
      say({ ...outcome, name: run.name, seconds: Math.round((performance.now() - startedMs) / 1000) });
    } finally {
      await stage.strike();
    }
  }
}
