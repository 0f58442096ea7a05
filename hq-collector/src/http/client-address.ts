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
    if (request.socket.remoteAddress === undefined) return 'unknown'; // gone already
    // From the peer outwards. What is no address was written by somebody who is no proxy.
    return proxyAddr.all(request, trust).findLast((address) => isIP(address) !== 0)!;
  };
}
