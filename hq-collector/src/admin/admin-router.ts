import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { problemOf } from '@hq-sync/protocol/problem';
import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import type { z } from 'zod';
import { sendProblem } from '../http/answer-problem.js';
import { codedError } from '../http/coded-error.js';
import { pathOf } from '../socket/read-frame.js';
import { AdminError } from './admin-error.js';
import { AdminDoor } from './authenticate.js';
import { changeIn, entityTag, fingerprintOf } from './change.js';
import { roles, type Actor, type AdminContext, type Endpoint } from './endpoint.js';
import { adminEndpoints } from './endpoints.js';

const maxBodyBytes = 100 * 1024;
const maxKeyChars = 200;

/** `/admin/v1`: every endpoint behind its token and its role, every failure a problem document. */
export function createAdminRouter(context: AdminContext): Router {
  const router = express.Router();
  const door = new AdminDoor(context.pool, context.config);
  for (const endpoint of adminEndpoints) {
    // Nothing of a body is read for whom the door has not admitted.
    const admit: RequestHandler = async (request, response, next) => {
      response.locals['actor'] = await admitted(door, context, endpoint, request);
      next();
    };
    router[endpoint.method](
      endpoint.path.replace(/\{(\w+)\}/g, ':$1'),
      admit,
      ...(endpoint.ndjson
        ? []
        : [
            express.json({
              limit: endpoint.maxBodyBytes ?? maxBodyBytes,
              type: () => true,
              verify: requireUtf8,
            }),
          ]),
      (request: Request, response: Response) =>
        serve(context, endpoint, response.locals['actor'] as Actor, request, response),
    );
  }
  router.use(() => {
    throw new AdminError('endpoint_not_found');
  });
  router.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    answerFailure(context, error, request, response),
  );
  return router;
}

/** Other bytes would be kept as U+FFFD, without a word. */
function requireUtf8(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (encoding === 'utf-8' && !isUtf8(body))
    throw new AdminError('body_not_json', { detail: 'It is not UTF-8.' });
}

async function admitted(
  door: AdminDoor,
  { addressOf }: AdminContext,
  { role }: Endpoint,
  request: Request,
): Promise<Actor> {
  const actor = await door.admit(request.headers, addressOf(request));
  if (roles.indexOf(actor.role) >= roles.indexOf(role)) return actor;
  throw new AdminError('forbidden', { detail: `This needs the role ${role}; the token has ${actor.role}.` });
}

async function serve(
  context: AdminContext,
  endpoint: Endpoint,
  actor: Actor,
  request: Request,
  response: Response,
): Promise<void> {
  const params = parse(endpoint.params, request.params, 'path');
  const query = parse(endpoint.query, request.query, 'query');
  const body = parse(endpoint.body, request.body ?? {}, 'body');
  const lines = new HashedLines(request);
  const change = changeIn(context.pool, {
    actor,
    idempotencyKey: idempotencyKey(request),
    fingerprint: () =>
      fingerprintOf(request.method, request.originalUrl, JSON.stringify(body ?? null), lines.digest()),
    secret: endpoint.secret ?? false,
    ifMatch: request.get('If-Match'),
    current: endpoint.represent && ((tx) => endpoint.represent!(tx, params as never, true)),
  });
  const answer = await endpoint.handle(context, { params, query, body, lines, actor, change } as never);
  if (endpoint.method !== 'get') noteChange(context, endpoint, actor, request);
  if (endpoint.represent) {
    const tag = entityTag(answer as object);
    response.setHeader('ETag', tag);
    if (endpoint.method === 'get' && request.get('If-None-Match') === tag)
      return void response.status(304).end();
  }
  if (endpoint.secret) response.setHeader('Cache-Control', 'no-store');
  response.status(endpoint.status).json(answer);
}

/** The lines of an upload with their hash so far: another upload under the same key is another request. */
class HashedLines implements AsyncIterable<Buffer> {
  private readonly hash = createHash('sha256');

  constructor(private readonly body: Request) {}

  async *[Symbol.asyncIterator](): AsyncIterator<Buffer> {
    // Who is refused in the middle must be told so: the connection outlives the reading.
    const chunks = this.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const chunk of chunks) {
      this.hash.update(chunk);
      yield chunk;
    }
  }

  digest(): Buffer {
    return this.hash.copy().digest();
  }
}

function idempotencyKey(request: Request): string | undefined {
  const key = request.get('Idempotency-Key');
  if (key === undefined || (key !== '' && key.length <= maxKeyChars)) return key;
  throw new AdminError('invalid_request', {
    errors: [{ path: 'Idempotency-Key', message: `must have 1 to ${maxKeyChars} characters` }],
  });
}

function noteChange(
  { events }: AdminContext,
  { method, path }: Endpoint,
  { name }: Actor,
  { params }: Request,
): void {
  events.audited(name, `${method} ${path}`, params['storeId']?.toString() ?? null);
}

function parse(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AdminError('invalid_request', {
    errors: parsed.error.issues.map((issue) => ({
      path: `${where}.${pathOf(issue.path)}`.replace(/\.$/, ''),
      message: issue.message,
    })),
  });
}

function answerFailure(context: AdminContext, error: unknown, request: Request, response: Response): void {
  // Who went away in the middle of a body has nobody left to be told, and it is no failure of HQ.
  if (request.destroyed && !request.complete) return void response.destroy();
  const problem = problemFor(error);
  if (problem.status >= 500) context.events.requestFailed(`admin ${request.method} ${request.path}`, error);
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  sendProblem(request, response, problem);
}

function problemFor(error: unknown) {
  if (error instanceof AdminError) return error.problem();
  const type = (error as { type?: unknown } | null)?.type; // body-parser says what it found wrong
  if (type === 'entity.parse.failed') return new AdminError('body_not_json').problem();
  if (type === 'entity.too.large') return new AdminError('body_too_large').problem();
  if (typeof type === 'string') return new AdminError('invalid_request', { detail: type }).problem();
  if (error instanceof URIError)
    return new AdminError('invalid_request', { detail: 'The path is malformed.' }).problem();
  return problemOf(codedError(error).code);
}
