import type { AdminClient } from './admin-client.js';
import { catalogue } from './catalogue.js';
import { cashiers } from './tills.js';

/** What HQ has for its stores: their products and cashiers. Again, it changes nothing. @throws AdminApiError */
export async function publishCatalogue(admin: AdminClient): Promise<void> {
  const products = catalogue.map(({ id, ...data }) => ({ id, data }));
  const users = cashiers.map((id) => ({ id, data: { role: 'cashier' } }));
  await admin.changeRecords('products', products);
  await admin.changeRecords('users', users);
}
