import { readFileSync } from 'node:fs';
import { isId } from '@hq-sync/protocol/primitives';
import { Router, type Request, type Response } from 'express';
import { sessionSecret } from '../admin/page-session.js';
import { hashSecret } from '../fleet/store-token.js';
import { CodedError } from '../http/coded-error.js';
import { sendInSlices } from '../metrics/send-in-slices.js';
import { loopbackOnly, type PageRefusal } from './access.js';
import { encoded } from './encoded.js';
import { fleetMain } from './fleet-page.js';
import { html, type Content } from './html.js';
import { layout } from './layout.js';
import { addLogin, loginRequired, type Login } from './login.js';
import { databaseTrouble, fleetSubject, type LivePages, type Subject } from './live-pages.js';
import { storeIsKnown, storeMain, storeName } from './store-page.js';

/** Beside `src` and `dist`, as the migrations are. */
const assets = new URL('../../assets/', import.meta.url);
const assetTypes = { 'page.css': 'text/css', 'page.js': 'text/javascript', 'icon.svg': 'image/svg+xml' };

/** Nothing from elsewhere, nothing inline, and nobody's frame. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

export interface PageParts {
  readonly live: LivePages;
  readonly grafanaUrl: string | undefined;
  readonly refused: (refusal: PageRefusal) => void;
  /** undefined: there is none, and the page is for this machine only. */
  readonly login: Login | undefined;
}

/** The page for people: read only. */
export function createPageRouter({ live, grafanaUrl, refused, login }: PageParts): Router {
  const router = Router();
  const decorate = (_request: Request, response: Response, next: () => void) => {
    response.set(headers);
    next();
  };
  const guard = [decorate, login ? loginRequired(login.pool, refused) : loopbackOnly(refused)];
  if (login) addLogin(router, login, refused, decorate);

  /** 503 while Postgres does not answer: the page is there for people, and no probe takes it for well. */
  const send = async (
    response: Response,
    subject: Subject,
    page: { title: Content; events: string | undefined; main: Content; status?: number },
  ) => {
    response.status(live.failing ? 503 : (page.status ?? 200)).type('html');
    const seen = `${live.run}:${subject.document.version}`;
    const trouble = live.failing ? databaseTrouble : undefined;
    const { parts } = layout({ ...page, seen, asOf: subject.asOf, trouble, grafanaUrl });
    if (response.req.method === 'HEAD') return void response.end();
    // Who went away, or took longer than a minute, has nobody left to be told.
    await sendInSlices(response, encoded(parts)).catch(() => undefined);
  };

  router.get('/', guard, async (_request: Request, response: Response) => {
    const subject = await live.current(fleetSubject);
    await send(response, subject, {
      title: 'Stores · HQ',
      events: '/events/stores',
      main: fleetMain(subject.document),
    });
  });
  router.get('/stores/:storeId', guard, async (request: Request, response: Response) => {
    const storeId = knownId(request);
    const subject = await live.current(storeId);
    const { document } = subject;
    const page = {
      title: html`${storeName(document) ?? storeId} · HQ`,
      events: `/events/stores/${encodeURIComponent(storeId)}`,
    };
    if (live.failing || storeIsKnown(document))
      return send(response, subject, { ...page, main: storeMain(document) });
    const main = html`<h1>No such store</h1>
      <p>HQ has no store <code>${storeId}</code>, or it was archived. <a href="/">All stores</a></p>`;
    await send(response, subject, { ...page, events: undefined, main, status: 404 });
  });

  const stream = (name: string, request: Request, response: Response) => {
    if (request.method === 'HEAD') return void response.type('text/event-stream').end();
    const { seen } = request.query;
    const secret = login && sessionSecret(request.headers.cookie);
    const refusal = live.open(
      name,
      typeof seen === 'string' ? seen : undefined,
      response,
      secret === undefined ? undefined : hashSecret(secret).toString('hex'),
    );
    if (refusal === undefined) return;
    response.status(503).set('Retry-After', '5').type('text/plain').send(`${refusal}\n`);
  };
  router.get('/events/stores', guard, (request: Request, response: Response) =>
    stream(fleetSubject, request, response),
  );
  router.get('/events/stores/:storeId', guard, (request: Request, response: Response) =>
    stream(knownId(request), request, response),
  );

  for (const [name, type] of Object.entries(assetTypes)) {
    const content = readFileSync(new URL(name, assets));
    router.get(`/page/${name}`, login ? decorate : guard, (_request: Request, response: Response) => {
      response.type(type).send(content);
    });
  }
  return router;
}

function knownId(request: Request): string {
  const { storeId } = request.params;
  if (!isId(storeId)) throw new CodedError('not_found');
  return storeId;
}
