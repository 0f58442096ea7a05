import type { Books } from '../closing.js';
import type { DayStage } from '../day-stage.js';

/** Multiple of the file's own time: a day in a minute and a half. */
export const machinesSpeed = 1_000;

/** What a run of machines that fail, move or double comes to. */
export interface MachineReport extends Books {
  readonly name: string;
  readonly seconds: number;
  /** What happened in it, in figures. */
  readonly happened: readonly string[];
}

/** A day in which something becomes of machines. */
export interface MachineRun {
  readonly name: string;
  /** Runs the whole day on a stage where no agent has started. */
  play(stage: DayStage): Promise<Omit<MachineReport, 'name' | 'seconds'>>;
}
