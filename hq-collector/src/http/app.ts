import { subprotocol } from '@hq-sync/protocol/version';
import express, {
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { createAdminRouter } from '../admin/admin-router.js';
import type { AdminContext } from '../admin/endpoint.js';
import type { ProcessMetrics } from '../metrics/process-metrics.js';
import type { PullRoute } from '../sync/pull-route.js';
import type { PushRoute } from '../sync/push-route.js';
import { openApiDocument } from '../openapi/document.js';
import { answerProblem } from './answer-problem.js';
import { CodedError, codedError } from './coded-error.js';

export interface Routes {
  readonly admin: AdminContext;
  readonly push: PushRoute;
  readonly pull: PullRoute;
  readonly enrol: readonly RequestHandler[];
  readonly metrics: ProcessMetrics;
  readonly storeMetrics: RequestHandler;
  readonly page: RequestHandler;
  readonly healthz: RequestHandler;
  readonly readyz: RequestHandler;
}

/** Every HTTP address of the collector. The stores' socket, `/v1/socket`, is an upgrade and lives in socket/. */
export function createApp(routes: Routes): Express {
  const { events } = routes.admin;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(timed((method, route, status, seconds) => events.httpAnswered(method, route, status, seconds)));

  app.get('/healthz', routes.healthz);
  app.get('/readyz', routes.readyz);
  app.get('/metrics', async (_request, response) => {
    response.type(routes.metrics.registry.contentType).send(await routes.metrics.registry.metrics());
  });
  app.get('/metrics/stores', routes.storeMetrics);
  app.get('/openapi.json', (_request, response) => void response.json(openApiDocument()));

  app.post('/v1/push/:entity', (request, response) => routes.push.handle(request, response));
  app.all('/v1/push/:entity', () => {
    throw new CodedError('method_not_allowed');
  });
  app.post('/v1/pull/:entity', (request, response) => routes.pull.handle(request, response));
  app.all('/v1/pull/:entity', () => {
    throw new CodedError('method_not_allowed');
  });
  app.post('/v1/enrol', ...routes.enrol);
  app.all('/v1/enrol', () => {
    throw new CodedError('method_not_allowed');
  });
  app.all('/v1/socket', (_request, response) => {
    response.setHeader('Upgrade', `websocket, ${subprotocol}`);
    throw new CodedError('upgrade_required');
  });
  app.use('/admin/v1', createAdminRouter(routes.admin));
  app.use(routes.page);

  app.use(() => {
    throw new CodedError('not_found');
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const coded = error instanceof URIError ? new CodedError('not_found') : codedError(error);
    if (coded.code === 'internal_error') events.requestFailed(request.path, error);
    answerProblem(request, response, coded);
  });
  return app;
}

/** Times each request by its route's pattern, never by its path: the number of series must not grow with what is asked. */
function timed(
  observe: (method: string, route: string, status: number, seconds: number) => void,
): RequestHandler {
  return (request, response, next) => {
    const startedMs = performance.now();
    response.once('close', () => {
      const route = request.route
        ? `${request.baseUrl}${String((request.route as { path: unknown }).path)}`
        : 'none';
      // 499, as proxies log it: the client went away before its answer.
      const status = response.writableFinished ? response.statusCode : 499;
      observe(request.method, route, status, (performance.now() - startedMs) / 1000);
    });
    next();
  };
}
