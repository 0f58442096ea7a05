import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Each role may do what the ones before it may. */
const orgRoles = ['Viewer', 'Editor', 'Admin'] as const;
export type OrgRole = (typeof orgRoles)[number];

export interface Person {
  readonly login: string;
  readonly orgRole: OrgRole;
}

export type PluginSecrets = Readonly<Record<'viewerToken' | 'operatorToken' | 'adminToken', string>>;

interface Route {
  readonly path: string;
  readonly method: string;
  readonly reqRole: OrgRole;
  readonly url: string;
  readonly headers: readonly { readonly name: string; readonly content: string }[];
}

/** Headers that Grafana passes on, of those that a panel may send. */
const passed = ['content-type', 'idempotency-key', 'if-match'] as const;

/** Grafana's `/api/plugin-proxy`, by the routes of the app's plugin.json, with `send_user_header`. */
export class PluginProxy {
  private readonly routes: readonly Route[];

  constructor(
    manifest: object,
    private readonly collectorUrl: string,
    private readonly secrets: PluginSecrets,
  ) {
    this.routes = (manifest as { routes: Route[] }).routes;
  }

  /** @param path Behind the app's id, with its query. */
  async pass(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    person: Person | undefined,
  ): Promise<void> {
    const refuse = (status: number, message: string) =>
      void response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ message }));
    if (!person) return refuse(401, 'Unauthorized');
    const route = this.routes.find(
      (one) => one.method === request.method && path.startsWith(one.path.replace(/\*$/, '')),
    );
    if (!route) return refuse(404, 'plugin proxy route not found');
    if (orgRoles.indexOf(person.orgRole) < orgRoles.indexOf(route.reqRole))
      return refuse(403, 'plugin proxy route access denied');

    const headers = new Headers();
    for (const name of passed) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    for (const { name, content } of route.headers) headers.set(name, this.filledIn(content));
    headers.set('x-grafana-user', person.login);
    const body = await buffer(request);
    const tail = path.slice(route.path.length - 1);
    const answer = await fetch(`${this.filledIn(route.url)}/${tail}`, {
      method: request.method!,
      headers,
      ...(body.length > 0 && { body }),
    });
    response
      .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
      .end(Buffer.from(await answer.arrayBuffer()));
  }

  /** As Grafana fills in what provisioning gave. */
  private filledIn(text: string): string {
    return text
      .replace('{{ .JsonData.collectorUrl }}', this.collectorUrl)
      .replace(/\{\{ \.SecureJsonData\.(\w+) \}\}/g, (_, name: keyof PluginSecrets) => this.secrets[name]);
  }
}
