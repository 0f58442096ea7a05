import { problemContentType, problemOf } from '@hq-sync/protocol/problem';
import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import type { z } from 'zod';
import { codedError } from '../http/coded-error.js';
import { pathOf } from '../socket/read-frame.js';
import { AdminError } from './admin-error.js';
import { authenticateAdmin } from './admin-token.js';
import { roles, type AdminContext, type Endpoint } from './endpoint.js';
import { adminEndpoints } from './endpoints.js';

const maxBodyBytes = 100 * 1024;

/** `/admin/v1`: every endpoint behind its token and its role, every failure a problem document. */
export function createAdminRouter(context: AdminContext): Router {
  const router = express.Router();
  const readJson = express.json({ limit: maxBodyBytes, type: () => true });
  const leaveBody: RequestHandler = (_request, _response, next) => next();
  for (const endpoint of adminEndpoints) {
    router[endpoint.method](
      endpoint.path.replace(/\{(\w+)\}/g, ':$1'),
      endpoint.ndjson ? leaveBody : readJson,
      (request, response) => serve(context, endpoint, request, response),
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

async function serve(
  context: AdminContext,
  endpoint: Endpoint,
  request: Request,
  response: Response,
): Promise<void> {
  const { name, role } = await authenticateAdmin(context.pool, request.headers.authorization);
  if (roles.indexOf(role) < roles.indexOf(endpoint.role)) {
    throw new AdminError('forbidden', {
      detail: `This needs the role ${endpoint.role}; the token has ${role}.`,
    });
  }
  const params = parse(endpoint.params, request.params, 'path');
  const query = parse(endpoint.query, request.query, 'query');
  const body = parse(endpoint.body, request.body ?? {}, 'body');
  const actor = { name, role, source: request.socket.remoteAddress ?? 'unknown' };
  const answer = await endpoint.handle(context, { params, query, body, lines: request, actor } as never);
  if (endpoint.method !== 'get')
    context.events.audited(
      name,
      `${endpoint.method} ${endpoint.path}`,
      request.params['storeId']?.toString() ?? null,
    );
  response.status(endpoint.status).json(answer);
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
  const problem = problemFor(error);
  if (problem.status >= 500) context.events.requestFailed(`admin ${request.method} ${request.path}`, error);
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  response.status(problem.status).type(problemContentType).send(JSON.stringify(problem));
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
