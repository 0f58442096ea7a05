/** What did not come in its time; it may still be under way. */
export class DeadlinePassed extends Error {
  constructor(what: string, limitMs: number) {
    super(`${what} took over ${limitMs} ms`);
  }
}

/** Settles as `promise` does, or rejects with DeadlinePassed after `limitMs`. */
export async function within<Result>(
  what: string,
  limitMs: number,
  promise: Promise<Result>,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlinePassed(what, limitMs)), Math.max(0, limitMs));
  });
  try {
    return await Promise.race([promise, passed]);
  } finally {
    clearTimeout(timer);
  }
}
