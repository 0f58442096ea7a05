export type LocalPostgresErrorCode =
  | 'no-binaries'
  | 'cannot-run'
  | 'no-service-user'
  | 'no-permission'
  | 'disk-full'
  | 'not-a-cluster'
  | 'other-version'
  | 'bad-password'
  | 'bad-setting'
  | 'port-in-use'
  | 'start-failed'
  | 'no-answer'
  | 'time-limit'
  | 'database-failed';

/** Everything this workspace throws on purpose: `message` is a sentence for a person, without a stack to read. */
export class LocalPostgresError extends Error {
  override readonly name = 'LocalPostgresError';

  constructor(
    readonly code: LocalPostgresErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Runs a piece of work on the file system and turns the refusals a person can do something about into sentences.
 * `doing` completes "Could not ...". Other errors pass unchanged: they are faults of this code.
 */
export async function explained<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explain(doing, error);
  }
}

function explain(doing: string, error: unknown): unknown {
  const { code = '', path = '' } = error as NodeJS.ErrnoException;
  const where = path === '' ? '' : ` (${path})`;
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) {
    const message = `Could not ${doing}: this user may not write or read there${where}.`;
    return new LocalPostgresError('no-permission', message, { cause: error });
  }
  if (['ENOSPC', 'EDQUOT'].includes(code)) {
    return new LocalPostgresError('disk-full', `Could not ${doing}: the disk is full${where}.`, {
      cause: error,
    });
  }
  return error;
}
