import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Config } from '../config.js';
import { AdminError } from './admin-error.js';
import { roles, type Role } from './endpoint.js';
import { writtenName } from './person-name.js';

const discoveryTimeoutMs = 5_000;
/** Between two clocks that are both kept by NTP. */
const clockToleranceSeconds = 5;

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });

export const isJwt = (secret: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(secret);

/** People who come with a JWT of the one issuer that is configured; their role is in a claim. */
export class OidcIssuer {
  private keys: Promise<JWTVerifyGetKey> | undefined;

  private constructor(
    private readonly issuer: string,
    private readonly audience: string,
    private readonly roleClaim: string,
  ) {}

  static of(config: Config): OidcIssuer | undefined {
    const { HQ_OIDC_ISSUER: issuer, HQ_OIDC_AUDIENCE: audience } = config;
    if (issuer === undefined || audience === undefined) return undefined;
    return new OidcIssuer(issuer, audience, config.HQ_OIDC_ROLE_CLAIM);
  }

  /** @returns undefined for a JWT that is not taken. @throws AdminError `issuer_unavailable`, `forbidden` without a role. */
  async identify(jwt: string) {
    const keys = await this.readKeys();
    let claims: Record<string, unknown>;
    try {
      ({ payload: claims } = await jwtVerify(jwt, keys, {
        issuer: this.issuer,
        audience: this.audience,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['sub', 'exp'],
      }));
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error instanceof AdminError ? error : new AdminError('issuer_unavailable');
    }
    const role = roleOf(valueAt(claims, this.roleClaim));
    if (!role)
      throw new AdminError('forbidden', { detail: `The claim ${this.roleClaim} names no role of HQ.` });
    const subject = String(claims['sub']);
    const name = [claims['preferred_username'], claims['email'], subject].find(
      (said): said is string => typeof said === 'string' && said !== '',
    );
    return {
      id: `${this.issuer} ${subject}`,
      name: writtenName(name ?? subject),
      role,
      speaksForPeople: false,
    };
  }

  private readKeys(): Promise<JWTVerifyGetKey> {
    this.keys ??= this.discover().catch((error: unknown) => {
      this.keys = undefined;
      throw new AdminError('issuer_unavailable', { detail: String((error as Error).message) });
    });
    return this.keys;
  }

  private async discover(): Promise<JWTVerifyGetKey> {
    const response = await fetch(`${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(discoveryTimeoutMs),
    });
    if (!response.ok) throw new Error(`The issuer's configuration answered ${response.status}.`);
    const found = discovery.parse(await response.json());
    if (found.issuer !== this.issuer) throw new Error('The configuration is of another issuer.');
    const keyOf = createRemoteJWKSet(new URL(found.jwks_uri), { timeoutDuration: discoveryTimeoutMs });
    return (header, token) =>
      keyOf(header, token).catch((error: unknown) => {
        if (ofTheToken.some((kind) => error instanceof kind)) throw error;
        throw new AdminError('issuer_unavailable', { detail: String((error as Error).message) });
      });
  }
}

/** The issuer's keys were there, and none is the token's; whatever else keeps a key away is the issuer's. */
const ofTheToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/** The highest of the roles that a claim names: one, or a list of them, each alone or as `hq-` and the role. */
function roleOf(claim: unknown): Role | undefined {
  const named = (Array.isArray(claim) ? claim : [claim]).map((one) => String(one).replace(/^hq-/, ''));
  return [...roles].reverse().find((role) => named.includes(role));
}

/** `realm_access.roles` is a claim inside another. */
function valueAt(claims: Record<string, unknown>, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], claims);
}
