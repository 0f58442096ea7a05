import type { Problem } from '@hq-sync/protocol/push';

/** What the program ends with. The numbers are stable for ever: scripts decide by them. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done' },
  unexpected: { code: 1, meaning: 'unexpected failure of hqctl itself' },
  usage: { code: 2, meaning: 'wrong usage, wrong configuration, or not confirmed: nothing was sent' },
  unreachable: { code: 3, meaning: 'HQ cannot be reached, or did not answer in time' },
  unauthorised: { code: 4, meaning: 'HQ does not take the token, or its role does not allow this' },
  notFound: { code: 5, meaning: 'no such store, job, token, …' },
  refused: { code: 6, meaning: 'HQ refused it; the reason is on stderr' },
  jobFailed: { code: 7, meaning: 'with `--wait`: the job or the rollout was cancelled or failed' },
  hqFailed: { code: 8, meaning: 'HQ failed' },
} as const;

export type Exit = keyof typeof exitCodes;

/** An end that a person can do something about: one sentence, and the code. */
export class Failure extends Error {
  constructor(
    readonly exit: Exit,
    message: string,
  ) {
    super(message);
  }
}

export function usage(message: string): Failure {
  return new Failure('usage', message);
}

/** HQ's own words about what it refused. */
export class HqProblem extends Failure {
  constructor(readonly problem: Problem) {
    super(exitOf(problem.status), sentences(problem).join('\n'));
  }
}

function exitOf(status: number): Exit {
  if (status === 401 || status === 403) return 'unauthorised';
  if (status === 404) return 'notFound';
  return status < 500 ? 'refused' : 'hqFailed';
}

function sentences({ title, detail, errors = [] }: Problem): string[] {
  return [
    title,
    ...(detail === undefined ? [] : [detail]),
    ...errors.map(({ path, message }) => `  ${path}: ${message}`),
  ];
}
