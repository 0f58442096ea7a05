/**
 * The version of everything a store and HQ say to each other: frames, headers, bodies, error codes.
 * It goes up when a change would break a client written against the older document; `wire.test.ts` holds
 * a hash of the whole wire beside it and fails when one moves without the other.
 */
export const wireVersion = 1;

/** WebSocket subprotocol offered by the store and chosen by HQ; names {@link wireVersion}. */
export const subprotocol = `hq-sync.v${wireVersion}`;

/**
 * Version of the records' own schema (what is inside `data`). A store server says which one its database has; HQ
 * says which it takes. Version 1 sales had no `kind`; version 2 made returns a kind of their own.
 */
export const currentSchemaVersion = 2;

/** Schema versions that HQ takes unless it is configured otherwise. */
export const acceptedSchemaVersions: readonly number[] = [currentSchemaVersion];
