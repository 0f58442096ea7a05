import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddr from 'proxy-addr';

/** Who asks: the address of the peer or, where a trusted proxy is the peer, the one that the proxy saw. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * @param trusted addresses and subnets of proxies; `X-Forwarded-For` counts as far as they have written it.
 * @throws TypeError when one of them is neither.
 */
export function clientAddress(trusted: readonly string[]): ClientAddress {
  const trust = proxyAddr.compile([...trusted]);
  return (request) => {
    const peer = request.socket.remoteAddress;
    if (peer === undefined) return 'unknown'; // gone already
    const outwards = [peer, ...forwardedFor(request).toReversed()];
    const stranger = outwards.findIndex((address, hops) => !trust(address, hops));
    const believed = stranger < 0 ? outwards : outwards.slice(0, stranger + 1);
    // What is no address was written by somebody who is no proxy.
    return believed.findLast((address) => isIP(address) !== 0)!;
  };
}

/** The entries of `X-Forwarded-For`; where a gateway has written a port behind an address, without it. */
function forwardedFor({ headers }: IncomingMessage): string[] {
  const header = headers['x-forwarded-for'];
  if (header === undefined) return [];
  return String(header)
    .split(',')
    .map((entry) => {
      const { v6, v4 } = withPort.exec(entry.trim())?.groups ?? {};
      return v6 ?? v4 ?? entry.trim();
    });
}

const withPort = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[\d.]+))(?::\d+)?$/;
