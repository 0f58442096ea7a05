import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type ErrorCode } from '@hq-sync/protocol/error-code';
import { problemContentType, problemOf } from '@hq-sync/protocol/problem';
import type { CodedError } from './coded-error.js';

/** Said with an answer whose request may soon succeed. */
const retryAfterSeconds = 2;
/** These may succeed too, but only once a person has acted. */
const retrySlowlySeconds: Partial<Record<ErrorCode, number>> = { schema_mismatch: 30, quarantine_full: 30 };
/** A client that is still sending may go on this long, so that it reads its answer instead of a reset. */
const discardMs = 5_000;

/** Answers with the problem document; what is left of the body is discarded and the connection is not used again. */
export function answerProblem(request: IncomingMessage, response: ServerResponse, error: CodedError): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const definition = errors[error.code];
  const seconds = retrySlowlySeconds[error.code] ?? retryAfterSeconds;
  const retry = definition.retry ? { retryAfterSeconds: seconds } : {};
  const problem = problemOf(error.code, { detail: definition.advice, ...retry, ...error.extra });
  if (problem.retryAfterSeconds !== undefined) response.setHeader('Retry-After', problem.retryAfterSeconds);
  if (!request.complete) discardRest(request, response);
  response.statusCode = problem.status;
  response.setHeader('Content-Type', problemContentType);
  response.end(JSON.stringify(problem));
}

/** Before an answer to a request that is still being sent: the rest is read to nowhere, and the connection not used again. */
export function discardRest(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Connection', 'close');
  const timer = setTimeout(() => request.destroy(), discardMs).unref();
  request.on('close', () => clearTimeout(timer)).on('error', () => undefined);
  request.resume();
}
