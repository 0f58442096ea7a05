/** Agents in one process: each has a database, a socket and timers of its own, together about 1 MiB. */
export const maxStores = 1_000;
/** Times real time. */
export const maxSpeed = 1_000_000;
