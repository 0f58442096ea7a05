import { z } from 'zod';

/** Always seen from the store: `push` goes to HQ, `pull` comes from it. */
export const direction = z.enum(['push', 'pull']);
export type Direction = z.infer<typeof direction>;

const entityNamePattern = /^[a-z][a-z0-9_]{0,62}$/;

/** Kind of record that syncs. The list is data (a table at HQ), so the wire takes any well-formed name. */
export const entityName = z.string().regex(entityNamePattern, { error: 'must be a lower-case entity name' });

/** Whether `entityName` takes it. */
export const isEntityName = (value: unknown): value is string =>
  typeof value === 'string' && entityNamePattern.test(value);

/** What a new HQ database knows from its first migration on. */
export const initialEntities: readonly { readonly name: string; readonly direction: Direction }[] = [
  { name: 'products', direction: 'pull' },
  { name: 'departments', direction: 'pull' },
  { name: 'tax_rates', direction: 'pull' },
  { name: 'users', direction: 'pull' },
  { name: 'promotions', direction: 'pull' },
  { name: 'customers', direction: 'pull' },
  { name: 'sales', direction: 'push' },
  { name: 'inventory_adjustments', direction: 'push' },
  { name: 'register_sessions', direction: 'push' },
];
