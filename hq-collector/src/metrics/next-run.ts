/**
 * Makes `work` run once at a time. A call that comes while it runs gets the run after that one, shared with all calls
 * that wait for it: so what had happened before a call is always in what the call gets.
 */
export function nextRun<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined;
  let waiting: Promise<Result> | undefined;

  function start(): Promise<Result> {
    waiting = undefined;
    const run = work().finally(() => {
      // With a call waiting it stays, settled, until that call's run takes its place: no third can slip in between.
      if (waiting === undefined) running = undefined;
    });
    running = run;
    return run;
  }

  return () => {
    if (running === undefined) return start();
    return (waiting ??= running.then(start, start));
  };
}
