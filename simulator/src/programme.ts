import type { FleetIncident, IncidentName, StoreIncident } from './incident-name.js';
import { badRecord } from './scenarios/bad-record.js';
import { clonedMachine } from './scenarios/cloned-machine.js';
import { hqRestored } from './scenarios/hq-restored.js';
import { offlineAndBack } from './scenarios/offline-and-back.js';
import { oldSchema } from './scenarios/old-schema.js';
import { oversizedBatch } from './scenarios/oversized-batch.js';
import { regionCut } from './scenarios/region-cut.js';
import { replacedMachine } from './scenarios/replaced-machine.js';
import { revokedToken } from './scenarios/revoked-token.js';
import type { FleetScenario, Scenario } from './scenarios/scenario.js';
import { silentNetwork } from './scenarios/silent-network.js';
import { slowLine } from './scenarios/slow-line.js';
import { updateWave } from './scenarios/update-wave.js';

export const storeScenarios: Readonly<Record<StoreIncident, Scenario>> = {
  'offline-and-back': offlineAndBack,
  'silent-network': silentNetwork,
  'bad-record': badRecord,
  'old-schema': oldSchema,
  'revoked-token': revokedToken,
  'oversized-batch': oversizedBatch,
  'slow-line': slowLine,
  'replaced-machine': replacedMachine,
  'cloned-machine': clonedMachine,
};

export const fleetScenarios: Readonly<Record<FleetIncident, FleetScenario>> = {
  'update-wave': updateWave,
  'region-cut': regionCut,
  'hq-restored': hqRestored,
};

/** What is played together: each incident so long after the act's beginning. The act ends with the last of them. */
export type Act = readonly { readonly incident: IncidentName; readonly afterSeconds: number }[];

const alone = (incident: IncidentName): Act => [{ incident, afterSeconds: 0 }];

/**
 * The acts one after the other, with quiet between them, so that a person can tell what the table shows. A restored HQ
 * is not among them: it would take back what a person has done at HQ since the backup.
 */
export const demoProgramme: readonly Act[] = [
  [
    { incident: 'offline-and-back', afterSeconds: 0 },
    { incident: 'bad-record', afterSeconds: 5 },
    { incident: 'silent-network', afterSeconds: 10 },
    { incident: 'revoked-token', afterSeconds: 20 },
    { incident: 'old-schema', afterSeconds: 25 },
    { incident: 'oversized-batch', afterSeconds: 30 },
  ],
  alone('slow-line'),
  alone('region-cut'),
  alone('replaced-machine'),
  alone('update-wave'),
  alone('cloned-machine'),
];

/** One incident again and again. */
export function programmeOf(incident: IncidentName): readonly Act[] {
  return [alone(incident)];
}
