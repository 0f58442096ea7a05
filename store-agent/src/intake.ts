import { limits } from '@hq-sync/protocol/limits';
import { problemContentType } from '@hq-sync/protocol/problem';
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { AgentStatus, EnqueueOutcome } from './agent.js';
import { hqDataRoutes, type HqDataSource } from './hq-data-routes.js';
import { IntakeError, intakeErrors } from './intake-error.js';
import { agentLimits } from './limits.js';

/** What the intake needs of the agent. */
export interface IntakeTarget extends HqDataSource {
  enqueueAll(entity: string, records: readonly unknown[]): EnqueueOutcome[];
  openRegister(register: { terminalId: string; openedAt: string; cashierId?: string }): void;
  closeRegister(terminalId: string): boolean;
  status(): AgentStatus;
}

/**
 * HTTP for the POS terminals of the store:
 * `POST /v1/records/{entity}` (one JSON record, or NDJSON; all or none, on disk before the 200),
 * `PUT` and `DELETE /v1/registers/{terminalId}`, `GET /v1/status`, and HQ's data under `/hq-data`. Errors are problem documents with a code.
 */
export class Intake {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @throws Error when the address cannot be listened on. */
  static async listen(
    target: IntakeTarget,
    at: { host?: string; port: number },
    log: Logger,
  ): Promise<Intake> {
    const server = createServer(
      {
        requestTimeout: agentLimits.intakeRequestTimeoutMs,
        headersTimeout: agentLimits.intakeHeadersTimeoutMs,
        keepAliveTimeout: agentLimits.intakeKeepAliveMs,
      },
      routes(target, log),
    );
    server.maxConnections = agentLimits.maxIntakeConnections;
    const host = at.host ?? '127.0.0.1';
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at.port, host, () => {
        server.off('error', reject);
        server.on('error', (error) => log.error({ err: error }, 'the intake failed'));
        resolve();
      });
    });
    const { port } = server.address() as AddressInfo;
    return new Intake(server, `http://${host.includes(':') ? `[${host}]` : host}:${port}`);
  }

  /** Answers what is under way, for at most `stopIntakeMs`. */
  async close(): Promise<void> {
    const cut = setTimeout(() => this.server.closeAllConnections(), agentLimits.stopIntakeMs);
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
    });
    clearTimeout(cut);
  }
}

function routes(target: IntakeTarget, log: Logger): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // asking for the type by name makes a browser's cross-site request fail its preflight
  const body = express.text({
    type: ['application/json', 'application/x-ndjson'],
    limit: agentLimits.maxIntakeBodyBytes,
    defaultCharset: 'utf-8',
  });
  app.post('/v1/records/:entity', body, postRecords(target));
  app.put('/v1/registers/:terminalId', body, (request, response) => {
    const register = parseLine(bodyOf(request)) as { openedAt: string; cashierId?: string };
    target.openRegister({ ...register, terminalId: terminalOf(request) });
    response.status(204).end();
  });
  app.delete('/v1/registers/:terminalId', (request, response) => {
    target.closeRegister(terminalOf(request));
    response.status(204).end();
  });
  app.get('/v1/status', (_request, response) => void response.json(target.status()));
  app.use('/hq-data', hqDataRoutes(target, log));
  app.use((): never => {
    throw new IntakeError('not_found');
  });
  app.use(problems(log));
  return app;
}

function postRecords(target: IntakeTarget): RequestHandler<{ entity: string }> {
  return (request, response) => {
    const text = bodyOf(request);
    const lines = request.is('application/x-ndjson')
      ? text.split('\n').filter((line) => line.trim() !== '')
      : [text];
    if (lines.length === 0) throw new IntakeError('body_invalid', 'the body has no record');
    if (lines.length > agentLimits.maxIntakeRecords) {
      throw new IntakeError('body_too_large', `send at most ${agentLimits.maxIntakeRecords} records at once`);
    }
    const records = lines.map(parseLine);
    const outcomes = target.enqueueAll(request.params.entity, records);
    const results = outcomes.map((outcome, index) => {
      const { id, revision } = records[index] as { id: string; revision: number };
      return { id, revision, outcome };
    });
    const queued = outcomes.filter((outcome) => outcome === 'queued').length;
    response.json({ queued, duplicate: outcomes.length - queued, records: results });
  };
}

function bodyOf(request: Request<object>): string {
  if (typeof request.body === 'string') return request.body;
  const isEmpty = request.headers['content-length'] === '0' || request.headers['content-type'] === undefined;
  throw isEmpty && request.is(['json', 'application/x-ndjson'])
    ? new IntakeError('body_invalid')
    : new IntakeError('content_type_unsupported');
}

function terminalOf(request: Request): string {
  const { terminalId } = request.params;
  return typeof terminalId === 'string' ? terminalId : '';
}

function parseLine(line: string, index = 0): unknown {
  try {
    const value: unknown = JSON.parse(line);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch {
    // answered below, as any other value that is no object
  }
  throw new IntakeError('body_invalid', `line ${index + 1} is not a JSON object`);
}

function problems(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    const known = error instanceof IntakeError ? error : intakeErrorOf(error);
    if (known.status === 500 || known.status === 503) log.error({ err: error }, 'the intake failed');
    const { status, title } = intakeErrors[known.code];
    if (status === 507 || status === 503)
      response.set('retry-after', String(agentLimits.intakeRetryAfterSeconds));
    response
      .status(status)
      .type(problemContentType)
      .send(
        JSON.stringify({
          type: `urn:hq-sync:store-agent:error:${known.code}`,
          title,
          status,
          code: known.code,
          detail: known.message.slice(0, limits.maxTextChars),
          ...(known.fields.length === 0 ? {} : { errors: known.fields.slice(0, agentLimits.maxFieldErrors) }),
        }),
      );
  };
}

function intakeErrorOf(error: unknown): IntakeError {
  const { type, status, code, message } = error as {
    type?: string;
    status?: number;
    code?: string;
    message?: string;
  };
  if (type === 'entity.too.large') {
    return new IntakeError('body_too_large', `send at most ${agentLimits.maxIntakeBodyBytes} bytes at once`);
  }
  if (code?.startsWith('SQLITE_') === true) return new IntakeError('queue_unavailable', message);
  if (status !== undefined && status >= 400 && status < 500) return new IntakeError('body_invalid', message);
  return new IntakeError('internal_error');
}
