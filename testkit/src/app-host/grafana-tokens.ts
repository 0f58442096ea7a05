import type { AdminClient } from '../admin-client.js';
import type { PluginSecrets } from './plugin-proxy.js';

/** Admin tokens for the routes of the Grafana app, one for each role, that say for which person they ask. */
export async function grafanaTokens(admin: AdminClient): Promise<PluginSecrets> {
  const make = async (role: 'viewer' | 'operator' | 'admin') => {
    const { status, body } = await admin.call('POST', '/admin-tokens', {
      name: `grafana ${role}`,
      role,
      speaksForPeople: true,
    });
    if (status !== 201) throw new Error(`no token of ${role}: ${status} ${JSON.stringify(body)}`);
    return body.token as string;
  };
  return {
    viewerToken: await make('viewer'),
    operatorToken: await make('operator'),
    adminToken: await make('admin'),
  };
}
