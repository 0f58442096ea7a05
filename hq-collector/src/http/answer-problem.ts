import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors } from '@hq-sync/protocol/error-code';
import { problemContentType, problemOf } from '@hq-sync/protocol/problem';
import type { CodedError } from './coded-error.js';

/** Said with every answer whose request may succeed later. */
const retryAfterSeconds = 2;
/** A client that is still sending may go on this long, so that it reads its answer instead of a reset. */
const discardMs = 5_000;

/** Answers with the problem document; what is left of the body is discarded and the connection is not used again. */
export function answerProblem(request: IncomingMessage, response: ServerResponse, error: CodedError): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const definition = errors[error.code];
  const retry = definition.retry ? { retryAfterSeconds } : {};
  const problem = problemOf(error.code, { detail: definition.advice, ...retry, ...error.extra });
  if (definition.retry) response.setHeader('Retry-After', retryAfterSeconds);
  if (!request.complete) {
    response.setHeader('Connection', 'close');
    discard(request);
  }
  response.statusCode = problem.status;
  response.setHeader('Content-Type', problemContentType);
  response.end(JSON.stringify(problem));
}

function discard(request: IncomingMessage): void {
  const timer = setTimeout(() => request.destroy(), discardMs).unref();
  request.on('close', () => clearTimeout(timer)).on('error', () => undefined);
  request.resume();
}
