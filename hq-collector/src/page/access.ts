import type { IncomingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';
import type { RequestHandler } from 'express';

/** Why a request for the page was refused; also the label of a metric. */
export type PageRefusal = 'not_loopback' | 'foreign_host' | 'cross_site' | 'not_logged_in';

export const refusals: Readonly<Record<PageRefusal, string>> = {
  not_loopback:
    'The page of HQ has no login here, so it is served to this machine only: open it there, or through an SSH tunnel ' +
    '(ssh -L 8080:127.0.0.1:8080 this-machine, then http://127.0.0.1:8080/), or set HQ_PAGE_LOGIN=on.',
  foreign_host:
    'The page of HQ is served under a loopback name only (localhost, 127.0.0.1, [::1]), so that no web site can ' +
    'reach it through a name of its own.',
  cross_site: 'The page of HQ is not for other web sites.',
  not_logged_in: 'Log in first, at /login.',
};

/** What of a request decides. `forwarded`: a proxy says that it asks for somebody else. */
export interface PageRequest {
  readonly remoteAddress: string | undefined;
  readonly host: string | undefined;
  readonly forwarded: boolean;
  /** `Sec-Fetch-Site` and `Sec-Fetch-Mode`, which browsers send and no script can set. */
  readonly site: string | undefined;
  readonly mode: string | undefined;
}

/** Undefined where the request may be answered. A link from another site may open the page; nothing else of it may. */
export function refusalOf(request: PageRequest): PageRefusal | undefined {
  if (request.forwarded || !isLoopbackAddress(request.remoteAddress ?? '')) return 'not_loopback';
  if (!isLoopbackHost(request.host ?? '')) return 'foreign_host';
  return isCrossSite(request) ? 'cross_site' : undefined;
}

/** Whether another web site asks for more than a link to the page; a form that it sends is more. */
export const crossSite = ({ method, headers }: { method: string; headers: IncomingHttpHeaders }): boolean =>
  isCrossSite({ ...siteOf(headers), ...(method === 'POST' && { mode: undefined }) });

function isCrossSite({ site, mode }: Pick<PageRequest, 'site' | 'mode'>): boolean {
  const ownSite = site === undefined || site === 'same-origin' || site === 'none';
  return !ownSite && mode !== 'navigate';
}

const siteOf = (headers: IncomingHttpHeaders) => ({
  site: headers['sec-fetch-site'] as string | undefined,
  mode: headers['sec-fetch-mode'] as string | undefined,
});

/** 403 and a sentence for whoever may not see the page. */
export function loopbackOnly(refused: (refusal: PageRefusal) => void): RequestHandler {
  return ({ socket, headers }, response, next) => {
    const refusal = refusalOf({
      remoteAddress: socket.remoteAddress,
      host: headers.host,
      forwarded: ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => name in headers),
      ...siteOf(headers),
    });
    if (refusal === undefined) return next();
    refused(refusal);
    response.status(403).type('text/plain').send(`${refusals[refusal]}\n`);
  };
}

function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}
