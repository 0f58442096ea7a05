import { AdminApiError, type AdminClient } from './admin-client.js';
import type { ChainStore } from './demo-chain.js';
import type { FleetStore } from './fleet.js';
import type { TokenFile } from './tokens.js';

/** An HQ that starts on the same machine answers after seconds; one that is being restarted as well. */
const patienceMs = 60_000;
const retryMs = 500;
const createdAtOnce = 8;

/**
 * Makes the stores that HQ does not have, and a token for each that has a store server and no token that HQ still
 * takes. Returns those with a store server.
 * @throws AdminApiError; `unreachable` only after a minute.
 */
export async function provision(
  stores: readonly ChainStore[],
  admin: AdminClient,
  tokens: TokenFile,
  pause: (ms: number) => Promise<unknown>,
): Promise<FleetStore[]> {
  const deadline = performance.now() + patienceMs;
  const provisioned: FleetStore[] = [];
  for (let first = 0; first < stores.length; first += createdAtOnce) {
    const some = stores.slice(first, first + createdAtOnce);
    const done = await Promise.all(
      some.map((store) => patiently(() => provisionOne(store, admin, tokens), deadline, pause)),
    );
    provisioned.push(...done.filter((store) => store !== null));
  }
  return provisioned;
}

async function provisionOne(
  store: ChainStore,
  admin: AdminClient,
  tokens: TokenFile,
): Promise<FleetStore | null> {
  const { storeId, name, region, timezone, currency, openingHours } = store;
  await admin
    .createStore({ storeId, name, region, timezone, currency, openingHours })
    .catch((error: AdminApiError) => {
      if (error.code !== 'store_exists') throw error;
    });
  if (!store.hasServer) return null;
  const kept = tokens.get(storeId);
  const known = kept === undefined ? [] : await admin.listTokens(storeId);
  const accepted = known.some(({ tokenId, state }) => tokenId === kept?.tokenId && state === 'active');
  if (kept !== undefined && accepted) return { ...store, token: kept.token };
  const { tokenId, token } = await admin.generateToken(storeId, 0);
  tokens.set(storeId, { tokenId, token });
  return { ...store, token };
}

async function patiently<T>(
  work: () => Promise<T>,
  deadline: number,
  pause: (ms: number) => Promise<unknown>,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const passing = error instanceof AdminApiError && (error.status === 0 || error.status === 503);
      if (!passing || performance.now() > deadline) throw error;
      await pause(retryMs);
    }
  }
}
