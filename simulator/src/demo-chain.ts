import type { FleetIncident, StoreIncident } from './incident-name.js';
import { everyDay, type OpeningHours } from './opening-hours.js';

export interface ChainStore {
  readonly storeId: string;
  readonly name: string;
  readonly region: string | null;
  readonly timezone: string;
  readonly currency: string;
  /** null: always open. */
  readonly openingHours: OpeningHours | null;
  readonly registers: number;
  /** False: the store is never issued a token and has no status. */
  readonly hasServer: boolean;
  /** It shuts its store server down at closing, and starts it before opening. */
  readonly switchesOff?: true;
  readonly incident?: StoreIncident;
  /** In which it takes part. */
  readonly fleetIncidents: readonly FleetIncident[];
}

type Town = readonly [name: string, region: string, timezone: string, currency: string];

const american = (name: string, region: string, timezone: string): Town => [
  name,
  region,
  `America/${timezone}`,
  'USD',
];
const european = (name: string, region: string, timezone: string): Town => [
  name,
  region,
  `Europe/${timezone}`,
  'EUR',
];

const towns: readonly Town[] = [
  american('Denver', 'US West', 'Denver'),
  american('Boise', 'US West', 'Boise'),
  european('Lisbon', 'Europe South', 'Lisbon'),
  american('Chicago', 'US Central', 'Chicago'),
  european('Hamburg', 'Europe North', 'Berlin'),
  american('Tampa', 'US East', 'New_York'),
  european('Madrid', 'Europe South', 'Madrid'),
  american('Seattle', 'US West', 'Los_Angeles'),
  american('Phoenix', 'US West', 'Phoenix'),
  american('Boston', 'US East', 'New_York'),
  european('Dublin', 'Europe North', 'Dublin'),
  european('Helsinki', 'Europe North', 'Helsinki'),
  american('Omaha', 'US Central', 'Chicago'),
  american('Austin', 'US Central', 'Chicago'),
  european('Vienna', 'Europe South', 'Vienna'),
  european('Lyon', 'Europe South', 'Paris'),
  american('Atlanta', 'US East', 'New_York'),
  american('Fresno', 'US West', 'Los_Angeles'),
  european('Ghent', 'Europe North', 'Brussels'),
  european('Turin', 'Europe South', 'Rome'),
];

/** By place in the chain, so that a short chain has incidents too; the rest of it stays green. */
const incidents: Readonly<Record<number, StoreIncident>> = {
  1: 'offline-and-back',
  2: 'silent-network',
  3: 'bad-record',
  4: 'old-schema',
  5: 'revoked-token',
  6: 'oversized-batch',
  7: 'slow-line',
  8: 'replaced-machine',
  9: 'cloned-machine',
};

/** Some of a short chain, and of a long one. */
const cutRegion = 'US West';
const updatedRegions = ['Europe North', 'Europe South'];

/** Every third store never closes, so that at any hour of the day somebody trades. */
const alwaysOpenEvery = 3;
/** The last of every twelve switches off at night; it is none that never closes. */
const switchesOffEvery = 12;

/** The demo's stores: `count` with a store server and one without. The same count gives the same chain. */
export function demoChain(count: number): ChainStore[] {
  const withServer = Array.from({ length: count }, (_, index) => storeAt(index));
  return [...withServer, { ...storeAt(count), storeId: 'store-000', name: 'Savannah', hasServer: false }].map(
    unscriptedWithoutServer,
  );
}

function storeAt(index: number): ChainStore {
  const [town, region, timezone, currency] = towns[index % towns.length] as Town;
  const round = Math.floor(index / towns.length);
  const incident = incidents[index];
  return {
    storeId: `store-${String(index + 1).padStart(3, '0')}`,
    name: round === 0 ? town : `${town} ${round + 1}`,
    region,
    timezone,
    currency,
    openingHours: index % alwaysOpenEvery === 0 || incident !== undefined ? null : everyDay('07:00', '22:00'),
    registers: 1 + (index % 3),
    hasServer: true,
    ...(index % switchesOffEvery === switchesOffEvery - 1 ? { switchesOff: true } : {}),
    ...(incident === undefined ? {} : { incident }),
    fleetIncidents: fleetIncidentsOf(region),
  };
}

function fleetIncidentsOf(region: string): FleetIncident[] {
  return [
    ...(region === cutRegion ? ['region-cut' as const] : []),
    ...(updatedRegions.includes(region) ? ['update-wave' as const] : []),
    'hq-restored',
  ];
}

/** The last one has no server and therefore no incident, wherever in the list its place is. */
function unscriptedWithoutServer(store: ChainStore): ChainStore {
  if (store.hasServer) return store;
  const { incident: _, switchesOff: __, ...rest } = store;
  return {
    ...rest,
    fleetIncidents: [],
    region: 'US East',
    timezone: 'America/New_York',
    currency: 'USD',
    openingHours: everyDay('09:00', '18:00'),
  };
}
