import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminAnswer, AdminClient } from '../admin-client.js';
import type { HqChange, HqModel } from './hq-model.js';

/** HQ is killed and comes back within seconds; beyond this it is broken. */
const answerDeadlineMs = 60_000;
const retryMs = 100;

/** Whoever works at HQ by its admin API: says each thing again until HQ has answered it for good. */
export class HqDesk {
  /** Calls that were made again: HQ was down, or was killed before it had answered. */
  repeated = 0;

  constructor(
    /** Null while no collector is up. */
    private readonly admin: () => AdminClient | null,
    public model: HqModel,
  ) {}

  /** @throws Error when HQ refuses the change. */
  async make(change: HqChange): Promise<void> {
    const { status, body } = await this.answered((admin) =>
      change.kind === 'set'
        ? admin.call('PUT', `/sets/${change.set}`, { storeIds: change.storeIds })
        : admin.changeRecords(change.entity, change.lines),
    );
    if (status !== 200) throw new Error(`HQ refused a change: ${status} ${JSON.stringify(body)}`);
    this.model.apply(change);
  }

  /**
   * All entities, or these. Where another resync of the store is under way already, that one goes on instead.
   * @throws Error when HQ refuses it for another reason.
   */
  async forceResync(storeId: string, entities?: readonly string[]): Promise<void> {
    const path = `/stores/${encodeURIComponent(storeId)}/resync`;
    const { status, body } = await this.answered((admin) =>
      admin.call('POST', path, entities ? { entities } : {}),
    );
    if (status !== 201 && (body as { code?: string }).code !== 'resync_active')
      throw new Error(`HQ refused a resync: ${status} ${JSON.stringify(body)}`);
  }

  private async answered(ask: (admin: AdminClient) => Promise<AdminAnswer>): Promise<AdminAnswer> {
    const giveUpAtMs = performance.now() + answerDeadlineMs;
    for (let last = 'no collector is up'; ; this.repeated += 1) {
      const admin = this.admin();
      if (admin !== null) {
        try {
          const answer = await ask(admin);
          if (answer.status < 500) return answer;
          last = JSON.stringify(answer);
        } catch (error) {
          last = String(error);
        }
      }
      if (performance.now() > giveUpAtMs) throw new Error(`HQ gives no answer: ${last}`);
      await sleep(retryMs);
    }
  }
}
