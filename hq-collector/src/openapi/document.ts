import { OpenApiGeneratorV31, OpenAPIRegistry, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { errors, type ErrorCode } from '@hq-sync/protocol/error-code';
import { enrolAnswer, enrolRequest } from '@hq-sync/protocol/enrol';
import { entityName } from '@hq-sync/protocol/entity';
import { problemContentType } from '@hq-sync/protocol/problem';
import { pageEnd, pulledRecord, pullRequest } from '@hq-sync/protocol/pull';
import { problem as wireProblem, pushAnswer } from '@hq-sync/protocol/push';
import { id } from '@hq-sync/protocol/primitives';
import { recordEnvelope } from '@hq-sync/protocol/record';
import { wireVersion } from '@hq-sync/protocol/version';
import { z } from 'zod';
import { adminEndpoints } from '../admin/endpoints.js';

// Named once in the document instead of written out at every answer.
const problem = wireProblem.meta({ id: 'Problem' });

type Document = ReturnType<OpenApiGeneratorV31['generateDocument']>;
let made: Document | undefined;

/** OpenAPI 3.1 of all HTTP, made from the validators and the admin API's own list of routes. */
export function openApiDocument(): Document {
  made ??= makeDocument();
  return made;
}

function makeDocument(): Document {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'storeToken', {
    type: 'http',
    scheme: 'bearer',
    description: "The store's sync token.",
  });
  registry.registerComponent('securitySchemes', 'adminToken', {
    type: 'http',
    scheme: 'bearer',
    description: 'An admin token with a role.',
  });
  registry.registerPath(pushPath());
  registry.registerPath(pullPath());
  for (const path of probePaths()) registry.registerPath(path);
  registry.registerPath(enrolPath());
  for (const {
    method,
    path,
    role,
    summary,
    params,
    query,
    body,
    ndjson,
    status,
    answer,
    represent,
  } of adminEndpoints) {
    registry.registerPath({
      method,
      path: `/admin/v1${path}`,
      summary,
      description: `Role: ${role}.`,
      tags: ['admin'],
      security: [{ adminToken: [] }],
      request: {
        ...(params && { params: params as z.ZodObject }),
        ...(query && { query: query as z.ZodObject }),
        headers: [
          ...(method === 'get' ? [] : [idempotencyKey]),
          ...(represent ? [method === 'get' ? ifNoneMatch : ifMatch] : []),
        ],
        ...(body && {
          body: { required: method !== 'delete', content: { 'application/json': { schema: body } } },
        }),
        ...(ndjson && { body: { required: true, content: { 'application/x-ndjson': { schema: ndjson } } } }),
      },
      responses: {
        [status]: { description: 'Done.', content: { 'application/json': { schema: answer } } },
        ...(represent && method === 'get' && { 304: { description: 'As the ETag says.' } }),
        ...problems([400, 401, 403, 404, 409, 412, 413, 422, 429, 500, 503], 'See its `code`.'),
      },
    });
  }
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'HQ Sync Dashboard',
      version: `${wireVersion}.0.0`,
      description: 'Stores speak under `/v1`, people and programs of HQ under `/admin/v1`.',
    },
  });
}

const idempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The same request again, within a day, has the same answer and changes nothing more.'),
});
const ifMatch = z.object({
  'If-Match': z.string().optional().describe('The ETag of what was read: 412 when it has changed since.'),
});
const ifNoneMatch = z.object({ 'If-None-Match': z.string().optional() });

function enrolPath(): RouteConfig {
  return {
    method: 'post',
    path: '/v1/enrol',
    summary: 'Trades a one-time code for the token whose hash comes with it.',
    tags: ['store'],
    request: { body: { required: true, content: { 'application/json': { schema: enrolRequest } } } },
    responses: {
      200: {
        description: 'HQ takes the token from now on.',
        content: { 'application/json': { schema: enrolAnswer } },
      },
      ...problems([400, 403, 429, 500, 503], 'See its `code`.'),
    },
  };
}

/** Codes that only one of the two ways can meet. */
const pullOnly: readonly ErrorCode[] = [
  'entity_not_pulled',
  'pull_invalid',
  'cursor_expired',
  'cursor_unknown',
];
const pushOnly: readonly ErrorCode[] = [
  'entity_not_pushed',
  'headers_invalid',
  'content_type_unsupported',
  'content_encoding_unsupported',
  'gzip_invalid',
  'batch_empty',
  'record_too_large',
  'schema_mismatch',
  'quarantine_full',
];
/** HTTP answers that are no answer to a push or a pull. */
const elsewhere: readonly ErrorCode[] = [
  'not_found',
  'method_not_allowed',
  'upgrade_required',
  'enrolment_invalid',
  'enrolment_refused',
];

function refusals(unmet: readonly ErrorCode[]): RouteConfig['responses'] {
  const statuses = new Map<number, ErrorCode[]>();
  for (const [code, definition] of Object.entries(errors) as [ErrorCode, { status?: number }][]) {
    if (definition.status === undefined || unmet.includes(code) || elsewhere.includes(code)) continue;
    statuses.set(definition.status, [...(statuses.get(definition.status) ?? []), code]);
  }
  return Object.assign({}, ...[...statuses].map(([status, codes]) => problems([status], codes.join(', '))));
}

function pushPath(): RouteConfig {
  return {
    method: 'post',
    path: '/v1/push/{entity}',
    summary: 'Pushes one batch of records; 200 means that they are durable.',
    tags: ['store'],
    security: [{ storeToken: [] }],
    request: {
      params: z.object({ entity: entityName }),
      headers: [
        z.object({ 'HQ-Batch-Id': id }),
        z.object({ 'HQ-Schema-Version': z.string().regex(/^\d{1,6}$/) }),
        z.object({
          'HQ-Receipt': z
            .string()
            .regex(/^\d{1,15}$/)
            .optional(),
        }),
        z.object({ 'Content-Encoding': z.enum(['identity', 'gzip']).optional() }),
      ],
      body: { required: true, content: { 'application/x-ndjson': { schema: recordEnvelope } } },
    },
    responses: {
      200: {
        description: 'Committed. Every line has its result.',
        content: { 'application/json': { schema: pushAnswer } },
      },
      ...refusals(pullOnly),
    },
  };
}

function pullPath(): RouteConfig {
  return {
    method: 'post',
    path: '/v1/pull/{entity}',
    summary: 'Confirms the page before and gets the next one.',
    tags: ['store'],
    security: [{ storeToken: [] }],
    request: {
      params: z.object({ entity: entityName }),
      body: { required: true, content: { 'application/json': { schema: pullRequest } } },
    },
    responses: {
      200: {
        description: 'NDJSON: a line for each record, then the end of the page.',
        content: { 'application/x-ndjson': { schema: z.union([pulledRecord, pageEnd]) } },
      },
      ...refusals(pushOnly),
    },
  };
}

function problems(statuses: readonly number[], description: string): RouteConfig['responses'] {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description, content: { [problemContentType]: { schema: problem } } },
    ]),
  );
}

function probePaths(): RouteConfig[] {
  const text = (description: string) => ({ description, content: { 'text/plain': { schema: z.string() } } });
  const json = (description: string) => ({
    description,
    content: { 'application/json': { schema: z.looseObject({}) } },
  });
  const get = (path: string, summary: string, responses: RouteConfig['responses']): RouteConfig => ({
    method: 'get',
    path,
    summary,
    tags: ['operation'],
    responses,
  });
  return [
    get('/healthz', 'The process answers.', { 200: text('It does.') }),
    get('/readyz', 'Whether this replica should get work.', {
      200: json('It should.'),
      503: json('It should not; the failed check is false.'),
    }),
    get('/metrics', 'Metrics of this process.', { 200: text('Prometheus text format.') }),
    get('/metrics/stores', 'Metrics of the fleet.', {
      200: text('Prometheus text format.'),
      503: text('Postgres has not answered for 15 s.'),
    }),
    get('/openapi.json', 'This document.', { 200: json('OpenAPI 3.1.') }),
  ];
}
