import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;

/** Stands where hqctl looks for HQ, until the end of the test. */
export async function inPlaceOfHq(endings: (() => unknown)[], answer: Answer): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    await answer(request, response, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What HQ itself says to a request. */
export async function askHq(hqUrl: string, { method, url, headers }: IncomingMessage, body: string) {
  const kept = ['authorization', 'content-type', 'idempotency-key', 'if-match'].filter(
    (name) => headers[name],
  );
  const answer = await fetch(hqUrl + url!, {
    method: method!,
    headers: Object.fromEntries(kept.map((name) => [name, headers[name] as string])),
    ...(body && { body }),
  });
  return {
    status: answer.status,
    headers: { 'content-type': 'application/json', etag: answer.headers.get('etag') ?? '' },
    text: await answer.text(),
  };
}

/** Where nobody listens. */
export const nobody = 'http://127.0.0.1:1';
