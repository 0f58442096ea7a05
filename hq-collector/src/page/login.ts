import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { closeSession, openSession, sessionName, sessionSecret } from '../admin/page-session.js';
import type { Pool } from '../db/database.js';
import type { ClientAddress } from '../http/client-address.js';
import { RefusalLimit } from '../http/refusal-limit.js';
import { crossSite, refusals, type PageRefusal } from './access.js';
import { html, type Html } from './html.js';
import { layout } from './layout.js';

/** Of one address: guessing 256 bits is hopeless, this is for the log and the database. */
const failuresPerMinute = 10;
const maxFormBytes = 2_048;

/** What the login needs of the collector. */
export interface Login {
  /** Where sessions are kept. */
  readonly pool: Pool;
  readonly addressOf: ClientAddress;
}

/** Lets in who has logged in, from anywhere; sends others to the form. */
export function loginRequired(pool: Pool, refused: (refusal: PageRefusal) => void): RequestHandler {
  return async (request, response, next) => {
    if (crossSite(request)) return refuse(response, 403, 'cross_site', refused);
    if (await sessionName(pool, request.headers.cookie)) return next();
    const forPeople = request.method === 'GET' && request.accepts(['html', 'text/event-stream']) === 'html';
    if (!forPeople) return refuse(response, 401, 'not_logged_in', refused);
    response.redirect(303, `/login?to=${encodeURIComponent(request.originalUrl)}`);
  };
}

function refuse(
  response: Response,
  status: number,
  refusal: PageRefusal,
  refused: (refusal: PageRefusal) => void,
): void {
  refused(refusal);
  response.status(status).type('text/plain').send(`${refusals[refusal]}\n`);
}

/** `/login` and `/logout`: an admin token, of any role, is traded for a session of this browser. */
export function addLogin(
  router: Router,
  { pool, addressOf }: Login,
  refused: (refusal: PageRefusal) => void,
  decorate: RequestHandler,
): void {
  const failures = new RefusalLimit(failuresPerMinute);
  const parseForm = express.urlencoded({ extended: false, limit: maxFormBytes });
  /** What is no form, or too long for this one, holds no token. */
  const readForm: RequestHandler = (request, response, next) => parseForm(request, response, () => next());
  const ownSite: RequestHandler = (request, response, next) =>
    crossSite(request) ? refuse(response, 403, 'cross_site', refused) : next();

  router.get('/login', decorate, ownSite, (request: Request, response: Response) =>
    show(response, 200, pathIn(request.query['to'])),
  );
  router.post('/login', decorate, ownSite, readForm, async (request: Request, response: Response) => {
    const { token, to } = (request.body ?? {}) as Record<string, unknown>;
    const source = addressOf(request);
    const wait = (seconds: number) => {
      response.set('Retry-After', String(seconds));
      show(response, 429, pathIn(to), 'Too many failed logins from this address. Wait a minute.');
    };
    const waitSeconds = await failures.waitSeconds(source);
    if (waitSeconds !== undefined) return wait(waitSeconds);
    // Of several proxies the first is the one that the browser speaks to.
    const secure = request.get('x-forwarded-proto')?.split(',')[0]?.trim().toLowerCase() === 'https';
    const given = typeof token === 'string' ? token.trim() : '';
    const cookie = given === '' ? undefined : await openSession(pool, given, { secure, source });
    if (cookie === undefined) {
      refused('not_logged_in');
      const tooMany = await failures.count(source);
      if (tooMany !== undefined) return wait(tooMany);
      return show(response, 401, pathIn(to), 'This is no valid admin token.');
    }
    response.setHeader('Set-Cookie', cookie);
    response.redirect(303, pathIn(to));
  });
  router.post('/logout', decorate, ownSite, async (request: Request, response: Response) => {
    const secret = sessionSecret(request.headers.cookie);
    if (secret !== undefined)
      response.setHeader('Set-Cookie', await closeSession(pool, secret, addressOf(request)));
    response.redirect(303, '/login');
  });
}

/** A path of this page, never an address elsewhere. */
function pathIn(to: unknown): string {
  return typeof to === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(to) ? to : '/';
}

function show(response: Response, status: number, to: string, trouble?: string): void {
  const { parts } = layout({
    title: 'Log in · HQ',
    events: undefined,
    seen: '',
    asOf: null,
    trouble,
    grafanaUrl: undefined,
    main: form(to),
  });
  response.status(status).type('html').send(parts.join(''));
}

const form = (to: string): Html => html`
  <h1>Log in</h1>
  <form class="login" method="post" action="/login">
    <input type="hidden" name="to" value="${to}" />
    <label for="token">Admin token</label>
    <input id="token" name="token" type="password" autocomplete="current-password" required autofocus />
    <button type="submit">Log in</button>
    <p>
      Any role will do: this page only shows. An admin makes tokens with
      <code>hqctl admin-tokens create</code>.
    </p>
  </form>
`;
