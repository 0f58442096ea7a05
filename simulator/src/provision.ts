import type { AdminApiError, AdminClient } from './admin-client.js';
import type { ChainStore } from './demo-chain.js';
import type { FleetStore } from './fleet.js';
import type { TokenFile } from './tokens.js';

const createdAtOnce = 8;

/**
 * Makes the stores that HQ does not have, and a token for each that has a store server and no token that HQ still
 * takes. Returns those with a store server.
 * @throws AdminApiError
 */
export async function provision(
  stores: readonly ChainStore[],
  admin: AdminClient,
  tokens: TokenFile,
): Promise<FleetStore[]> {
  const provisioned: FleetStore[] = [];
  for (let first = 0; first < stores.length; first += createdAtOnce) {
    const some = stores.slice(first, first + createdAtOnce);
    const done = await Promise.all(some.map((store) => provisionOne(store, admin, tokens)));
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
