/** An end that a person can do something about: shown as its sentence, without a stack. */
export class PlainError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs `work`; on a PlainError prints its sentence, sets the exit code and returns undefined. */
export async function orSayWhy(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PlainError)) throw error;
    if (error.message !== '') console.error(error.message);
    process.exitCode = error.exitCode;
    return undefined;
  }
}
