import type { Measured } from './measured.js';
import type { Stage } from './stage.js';
import type { StoreNamespace } from './store-namespace.js';
import type { ViewRow } from './view-recorder.js';

const storesPerGroup = 20;
const loopbackGroups = 8;
const namespaceGroups = 2;
/** Longest that any single wait of a broken run lasts beyond its bound. */
const patienceMs = 60_000;

const connected = (row: ViewRow) => row.status === 'connected' && row.reason === null;
const red = (reason: string) => (row: ViewRow) => row.status === 'disconnected' && row.reason === reason;
const unknown = (row: ViewRow) => row.status === 'unknown';

/** Causes each way of going red, for real, with 200 stores connected, and measures red and green in the view. */
export async function redAndGreen(
  stage: Stage,
  namespace: StoreNamespace | undefined,
  say: (line: string) => void,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  const { view } = stage;
  const note = (what: string, boundMs: number, tookMs: readonly number[]) => {
    measured.push({ what, boundMs, tookMs });
    say(`${what}: measured`);
  };
  const until = (
    storeIds: readonly string[],
    looks: (row: ViewRow) => boolean,
    boundMs: number,
    sinceMs?: number | ReadonlyMap<string, number>,
  ) =>
    view.until(storeIds, looks, {
      deadlineMs: boundMs + patienceMs,
      ...(sinceMs !== undefined && { sinceMs }),
    });

  const second = await stage.addCollector();
  for (let index = 0; index < loopbackGroups; index += 1) {
    await stage.addGroup(storesPerGroup, index === 4 ? { target: () => second.target() } : {});
  }
  for (let index = 0; index < namespaceGroups; index += 1) {
    await stage.addGroup(storesPerGroup, namespace ? { wrapper: namespace.wrapper } : {});
  }
  const [quiet, cut, killed, revoked, lost, tills] = stage.groups as [
    Group,
    Group,
    Group,
    Group,
    Group,
    Group,
  ];
  type Group = Stage['groups'][number];
  const all = stage.groups.flatMap((group) => group.storeIds);
  await until(all, connected, 60_000);
  say(`${all.length} stores are connected`);

  // The longest wait runs beside the others.
  for (const storeId of quiet.storeIds) quiet.order({ storeId, order: 'stop_heartbeats' });
  const heartbeatsLost = view.until(quiet.storeIds, red('heartbeat lost'), {
    deadlineMs: 75_000 + patienceMs,
    measure: (row) => row.heartbeat_age_ms ?? Infinity,
  });

  const openedMs = performance.now();
  for (const storeId of tills.storeIds) tills.order({ storeId, order: 'open_register', terminalId: 'T1' });
  note(
    'a till opened is in the view',
    2_000,
    await until(tills.storeIds, (row) => row.open_registers === 1, 2_000, openedMs),
  );

  let sinceMs = performance.now();
  cut.proxy!.cut();
  note('red: socket closed', 500, await until(cut.storeIds, red('socket closed'), 500, sinceMs));
  sinceMs = performance.now();
  cut.proxy!.restore();
  note('green after: socket closed', 5_000, await until(cut.storeIds, connected, 5_000, sinceMs));

  sinceMs = performance.now();
  killed.process.down();
  note('red: agent killed', 500, await until(killed.storeIds, red('socket closed'), 500, sinceMs));
  sinceMs = performance.now();
  killed.process.up();
  note(
    'green after: agent killed (its start included)',
    5_000,
    await until(killed.storeIds, connected, 5_000, sinceMs),
  );

  const admin = await stage.admin();
  const revokedMs = new Map<string, number>();
  const revocations = until(revoked.storeIds, red('token revoked'), 1_000, revokedMs);
  for (const storeId of revoked.storeIds) {
    revokedMs.set(storeId, performance.now());
    await admin.call('DELETE', `/stores/${storeId}/tokens/${stage.tokenId(storeId)}`);
  }
  note('red: token revoked', 1_000, await revocations);
  const renewedMs = new Map<string, number>();
  const renewals = until(revoked.storeIds, connected, 5_000, renewedMs);
  for (const storeId of revoked.storeIds) {
    const { token } = await admin.generateToken(storeId);
    renewedMs.set(storeId, performance.now());
    revoked.order({ storeId, order: 'set_token', token });
  }
  note('green after: token revoked, a new one generated', 5_000, await renewals);

  if (namespace) {
    const silent = stage.groups.slice(-namespaceGroups).flatMap((group) => group.storeIds);
    sinceMs = performance.now();
    namespace.silence();
    note(
      'red: network silent (packets dropped)',
      10_000,
      await until(silent, red('network silent'), 10_000, sinceMs),
    );
    sinceMs = performance.now();
    namespace.restore();
    note('green after: network silent', 5_000, await until(silent, connected, 5_000, sinceMs));
  }

  sinceMs = performance.now();
  second.process.down();
  note(
    '"collector lost" beside a living one',
    12_000,
    await until(lost.storeIds, red('collector lost'), 12_000, sinceMs),
  );
  sinceMs = performance.now();
  second.process.up();
  note('green after: collector lost', 60_000, await until(lost.storeIds, connected, 60_000, sinceMs));

  note('red: heartbeats stopped, age of the last one', 76_000, await heartbeatsLost);
  sinceMs = performance.now();
  for (const storeId of quiet.storeIds) quiet.order({ storeId, order: 'resume_heartbeats' });
  note('green after: heartbeats stopped', 5_000, await until(quiet.storeIds, connected, 5_000, sinceMs));

  const episodes = async () =>
    (await stage.pool.query<{ n: number }>('select count(*)::int as n from hq.error_episode')).rows[0]!.n;
  const episodesBefore = await episodes();
  sinceMs = performance.now();
  for (const collector of stage.collectors) collector.process.down();
  note('unknown: every collector killed', 12_000, await until(all, unknown, 12_000, sinceMs));
  sinceMs = performance.now();
  for (const collector of stage.collectors) collector.process.up();
  note('green after: a collector restart', 60_000, await until(all, connected, 60_000, sinceMs));
  note('error episodes opened by the restart', 0, [(await episodes()) - episodesBefore]);
  return measured;
}
