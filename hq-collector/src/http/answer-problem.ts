import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type ErrorCode } from '@hq-sync/protocol/error-code';
import { problemContentType, problemOf } from '@hq-sync/protocol/problem';
import type { Problem } from '@hq-sync/protocol/push';
import type { CodedError } from './coded-error.js';

/** Said with an answer whose request may soon succeed. */
const retryAfterSeconds = 2;
/** These may succeed too, but only once a person has acted. */
const retrySlowlySeconds: Partial<Record<ErrorCode, number>> = { schema_mismatch: 30, quarantine_full: 30 };
/** A client that is still sending may go on this long, so that it reads its answer instead of a reset. */
const discardMs = 5_000;

/** Answers with the problem document of a coded error. */
export function answerProblem(request: IncomingMessage, response: ServerResponse, error: CodedError): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const definition = errors[error.code];
  const seconds = retrySlowlySeconds[error.code] ?? retryAfterSeconds;
  const retry = definition.retry ? { retryAfterSeconds: seconds } : {};
  sendProblem(
    request,
    response,
    problemOf(error.code, { detail: definition.advice, ...retry, ...error.extra }),
  );
}

/**
 * Sends a problem document. While the request is still being sent, the rest of it is read to nowhere before the answer
 * ends, and the connection is not used again: one that is closed with bytes unread is reset, and the answer is lost.
 */
export function sendProblem(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  const text = JSON.stringify(problem);
  if (problem.retryAfterSeconds !== undefined) response.setHeader('Retry-After', problem.retryAfterSeconds);
  response.statusCode = problem.status;
  response.setHeader('Content-Type', problemContentType);
  if (request.complete) return void response.end(text);
  response.setHeader('Connection', 'close');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.write(text);
  const timer = setTimeout(() => {
    response.end();
    request.destroy();
  }, discardMs).unref();
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  request
    .once('end', end)
    .once('close', end)
    .on('error', () => undefined);
  request.resume();
}
