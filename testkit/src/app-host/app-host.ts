import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PluginProxy, type OrgRole, type Person, type PluginSecrets } from './plugin-proxy.js';

const assets = fileURLToPath(new URL('../../assets/app-host/', import.meta.url));
const bundle = fileURLToPath(new URL('../../../grafana/app/dist/hqsync-manager-app/', import.meta.url));
const packageFile = createRequire(import.meta.url).resolve;
const proxyPath = '/api/plugin-proxy/hqsync-manager-app/';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/**
 * Shows single panels of the Grafana app's bundle in a bare page, without a Grafana: gives it what Grafana gives it, and
 * leads its requests to a collector as Grafana does. Who somebody is says the cookie `person`.
 */
export class AppHost {
  private constructor(
    private readonly server: Server,
    private readonly proxy: PluginProxy,
    private readonly people: Readonly<Record<string, OrgRole>>,
  ) {}

  /** On loopback, at a free port. */
  static async start(
    collectorUrl: string,
    secrets: PluginSecrets,
    people: Readonly<Record<string, OrgRole>>,
  ): Promise<AppHost> {
    const server = createServer();
    const manifest = JSON.parse(await readFile(path.join(bundle, 'plugin.json'), 'utf8')) as object;
    const host = new AppHost(server, new PluginProxy(manifest, collectorUrl, secrets), people);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      host.answer(request, response).catch((error: Error) => {
        response.writeHead(404).end(error.message);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return host;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const person = this.person(request);
    const { pathname } = new URL(request.url!, this.url);
    if (request.url!.startsWith(proxyPath))
      return this.proxy.pass(request, response, request.url!.slice(proxyPath.length), person);
    if (pathname === '/person') {
      response.setHeader('content-type', 'application/json');
      return void response.end(
        JSON.stringify({ login: person?.login ?? '', orgRole: person?.orgRole ?? '' }),
      );
    }
    const file = fileOf(pathname);
    const content = await readFile(file);
    response.setHeader('content-type', types[path.extname(file)] ?? 'application/octet-stream');
    response.end(content);
  }

  private person({ headers: { cookie = '' } }: IncomingMessage): Person | undefined {
    const login = /(?:^|; )person=(\w+)/.exec(cookie)?.[1];
    const orgRole = this.people[login ?? ''];
    return login !== undefined && orgRole !== undefined ? { login, orgRole } : undefined;
  }
}

function fileOf(pathname: string): string {
  if (pathname === '/') return path.join(assets, 'page.html');
  if (pathname === '/page.js') return path.join(assets, 'page.js');
  if (pathname === '/react.js')
    return path.join(path.dirname(packageFile('react/package.json')), 'umd/react.production.min.js');
  if (pathname === '/react-dom.js')
    return path.join(path.dirname(packageFile('react-dom/package.json')), 'umd/react-dom.production.min.js');
  if (pathname.startsWith('/bundle/')) return path.join(bundle, pathname.slice('/bundle/'.length));
  throw new Error(`nothing is at ${pathname}`);
}
