import { z } from 'zod';

/** Always seen from the store: `push` goes to HQ, `pull` comes from it. */
export const direction = z.enum(['push', 'pull']);
export type Direction = z.infer<typeof direction>;

/** Kind of record that syncs. The list is data (a table at HQ), so the wire takes any well-formed name. */
export const entityName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, { error: 'must be a lower-case entity name' });

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
