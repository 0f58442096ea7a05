import type { Scenario } from './scenario.js';

const revokedSeconds = 60;

/** Somebody revokes the store's token; a minute later a person generates a new one and types it in. */
export const revokedToken: Scenario = async (store, { admin, pause, say, rememberToken }) => {
  const { storeId } = store.chainStore;
  const tokens = await admin.listTokens(storeId);
  say('its token is revoked');
  for (const { tokenId, state } of tokens) {
    if (state === 'active') await admin.revokeToken(storeId, tokenId);
  }
  await pause(revokedSeconds);
  const fresh = await admin.generateToken(storeId, 0);
  await rememberToken(storeId, fresh);
  say('a new token is typed in');
  store.server.setToken(fresh.token);
};
