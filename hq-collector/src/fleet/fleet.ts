import type { StoreConnection } from '../socket/connection.js';

/** The stores connected to this process: at most one connection a store, the newest. */
export class Fleet {
  private readonly byStore = new Map<string, StoreConnection>();

  /** Makes this the store's connection; one that was there is told that it was replaced. */
  register(connection: StoreConnection): void {
    const older = this.byStore.get(connection.storeId);
    this.byStore.set(connection.storeId, connection);
    older?.close('replaced');
  }

  remove(connection: StoreConnection): void {
    if (this.byStore.get(connection.storeId) === connection) this.byStore.delete(connection.storeId);
  }

  get(storeId: string): StoreConnection | undefined {
    return this.byStore.get(storeId);
  }

  all(): IterableIterator<StoreConnection> {
    return this.byStore.values();
  }

  get size(): number {
    return this.byStore.size;
  }
}
