import { entityName } from '@hq-sync/protocol/entity';
import { timeOfDay } from '@hq-sync/protocol/primitives';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { agentLimits } from './limits.js';

/** Options of `store-agent run`, as commander gives them: texts, from the command line or the environment. */
export const runConfig = z
  .object({
    hqUrl: z.url({ protocol: /^https?$/, error: '--hq-url must be an http or https address' }),
    tokenFile: z.string().min(1).optional(),
    dataDir: z.string().min(1),
    intakeHost: z.string().min(1).default('127.0.0.1'),
    intakePort: z.coerce.number().int().min(0).max(65_535),
    storeId: z.string().min(1).optional(),
    timezone: z.string().min(1).optional(),
    dayCutover: timeOfDay.optional(),
    maxDiskMib: z.coerce
      .number()
      .int()
      .min(agentLimits.minDiskBytes / 1024 ** 2)
      .default(agentLimits.defaultMaxDiskBytes / 1024 ** 2),
    maxCopyMib: z.coerce
      .number()
      .int()
      .min(agentLimits.minCopyBytes / 1024 ** 2)
      .default(agentLimits.defaultMaxCopyBytes / 1024 ** 2),
    /** Names with commas between them. */
    pullEntities: z
      .string()
      .transform((text) => text.split(',').map((name) => name.trim()))
      .pipe(z.array(entityName))
      .optional(),
    logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  })
  .strict();
export type RunConfig = z.infer<typeof runConfig>;

/**
 * The sync token: from the file if one is named, else from `STORE_TOKEN`; '' when there is none yet. It is never an
 * argument of the command, where every user of the machine could read it.
 */
export function readToken(tokenFile: string | undefined, environment: NodeJS.ProcessEnv): string {
  if (tokenFile === undefined) return (environment.STORE_TOKEN ?? '').trim();
  try {
    return readFileSync(tokenFile, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
