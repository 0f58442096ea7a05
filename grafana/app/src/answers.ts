/** Answers of HQ's admin API, as far as the panels read them; docs/openapi.json has the whole. Instants are RFC 3339. */

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface StoreStatus {
  readonly store: {
    readonly storeId: string;
    readonly name: string;
    readonly region: string | null;
    readonly status: string;
    /** HQ's clock when it answered. */
    readonly dataAsOf: string;
  };
  readonly entities: readonly {
    readonly entity: string;
    /** The store pulls it, as far as HQ knows. */
    readonly mayResync: boolean;
  }[];
}

export interface ResyncJob {
  readonly jobId: string;
  readonly entities: readonly string[];
  readonly state: 'queued' | 'running' | 'done' | 'cancelled' | 'failed';
  readonly message: string | null;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly endedAt: string | null;
  readonly recordsTotal: number;
  readonly recordsConfirmed: number;
  readonly percent: number;
}

export interface ResyncPreview {
  readonly records: number;
  /** Uncompressed. */
  readonly bytes: number;
  readonly seconds: number | null;
  readonly openNow: boolean;
  readonly opensAt: string | null;
  readonly endsBeforeOpening: boolean | null;
}

export interface StoreToken {
  readonly tokenId: string;
  readonly state: 'active' | 'pending' | 'lapsed' | 'revoked' | 'expired' | 'superseded';
  readonly inUse: boolean;
  readonly newest: boolean;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string | null;
  readonly supersededAt: string | null;
  readonly lastUsedAt: string | null;
}

export interface ErrorEpisode {
  readonly episodeId: number;
  readonly storeId: string;
  readonly kind: string;
  readonly entity: string | null;
  readonly direction: string | null;
  readonly message: string | null;
  readonly openedAt: string;
  readonly lastAt: string;
  readonly failures: number;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedNote: string | null;
  readonly assignedTo: string | null;
  readonly advice: { readonly itself: string; readonly person: string };
}

export interface Quarantined {
  readonly quarantineId: number;
  readonly storeId: string;
  readonly entity: string;
  readonly recordId: string | null;
  readonly revision: number | null;
  readonly code: string;
  readonly message: string | null;
  /** The line as it came, in base64. */
  readonly content: string;
  readonly receivedAt: string;
  readonly times: number;
}

export interface RecordResult {
  readonly outcome: 'accepted' | 'duplicate' | 'replaced' | 'quarantined';
  readonly code?: string;
  readonly message?: string;
}

export type Scope = { readonly storeId: string } | { readonly region: string } | { readonly all: true };

export interface MaintenanceWindow {
  readonly windowId: string;
  readonly scope: Scope;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly reason: string;
  readonly active: boolean;
  readonly createdBy: string;
}
