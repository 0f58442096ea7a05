import type { IncomingHttpHeaders } from 'node:http';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.js';
import type { Pool } from '../db/database.js';
import { bearerSecret, hashSecret } from '../fleet/store-token.js';
import { RefusalLimit } from '../http/refusal-limit.js';
import { AdminError } from './admin-error.js';
import { adminTokenWorks } from './admin-token.js';
import type { Actor, Role } from './endpoint.js';
import { isJwt, OidcIssuer } from './oidc.js';
import { headerText, writtenName } from './person-name.js';

interface Known {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly tokenId?: string;
  /** A program that says which person it asks for. */
  readonly speaksForPeople: boolean;
}

const secondsOfRates = 60;
/** A JWT with the groups of a large company. */
const maxJwtChars = 8_192;

/** Who may speak under `/admin/v1`, and how often: by an admin token, or by a JWT of the configured issuer. */
export class AdminDoor {
  private readonly issuer: OidcIssuer | undefined;
  private readonly requests: RateLimiterMemory;
  private readonly refusals: RefusalLimit;

  constructor(
    private readonly pool: Pool,
    config: Config,
  ) {
    this.issuer = OidcIssuer.of(config);
    this.requests = new RateLimiterMemory({
      points: config.HQ_ADMIN_REQUESTS_PER_MINUTE,
      duration: secondsOfRates,
    });
    this.refusals = new RefusalLimit(config.HQ_ADMIN_REFUSALS_PER_MINUTE);
  }

  /** @throws AdminError `unauthorized`, `rate_limited`, `issuer_unavailable` */
  async admit(headers: IncomingHttpHeaders, source: string): Promise<Actor> {
    requireNoWait(await this.refusals.waitSeconds(source));
    const known = await this.identify(headers);
    if (!known) {
      requireNoWait(await this.refusals.count(source));
      throw new AdminError('unauthorized');
    }
    await this.requests.consume(known.id).catch((over: unknown) => {
      if (!(over instanceof RateLimiterRes)) throw over;
      requireNoWait(Math.ceil(over.msBeforeNext / 1000));
    });
    const person = known.speaksForPeople ? headers['x-grafana-user']?.toString().trim() : undefined;
    return {
      id: known.id,
      name: person ? `${writtenName(headerText(person))} (${known.name})` : known.name,
      role: known.role,
      source,
      tokenId: known.tokenId,
    };
  }

  private async identify({ authorization }: IncomingHttpHeaders): Promise<Known | undefined> {
    const secret = bearerSecret(authorization, maxJwtChars);
    if (secret === undefined) return undefined;
    return this.issuer && isJwt(secret) ? this.issuer.identify(secret) : this.byToken(secret);
  }

  /** Read afresh at each request: a revoked token works nowhere from the moment of its commit. */
  private async byToken(secret: string): Promise<Known | undefined> {
    const { rows } = await this.pool.query<Known>(
      `with used as (
         update hq.admin_token set last_used_at = clock_timestamp()
         where secret_hash = $1 and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')
       )
       select token_id::text as id, token_id::text as "tokenId", name, role, speaks_for_people as "speaksForPeople" from hq.admin_token
       where secret_hash = $1 and ${adminTokenWorks}`,
      [hashSecret(secret)],
    );
    return rows[0];
  }
}

/** @throws AdminError `rate_limited` */
function requireNoWait(seconds: number | undefined): void {
  if (seconds !== undefined) throw new AdminError('rate_limited', { retryAfterSeconds: seconds });
}
