import { useCallback, useEffect, useRef, useState } from 'react';
import { CollectorError, type Problem } from './collector.js';

const idleIntervalMs = 15_000;
/** While something is under way that a person waits for. */
const busyIntervalMs = 2_000;
/** In which a connected store has carried out what was asked for. */
const carriedOutMs = 30_000;

export interface Polled<T> {
  /** The last answer; it stays, beside the problem, when a later reading fails. */
  readonly data: T | undefined;
  readonly problem: Problem | undefined;
  /** Something was asked for: reads now, and often until it should have been carried out. */
  refresh(): void;
}

/** Reads at once and again and again, until the panel goes; another `key`, of what is read, reads at once. */
export function usePolled<T>(
  key: string,
  readAll: (signal: AbortSignal) => Promise<T>,
  isBusy: (data: T) => boolean,
): Polled<T> {
  const [state, setState] = useState<{ data?: T; problem?: Problem }>({});
  const [round, setRound] = useState(0);
  const askedAtMs = useRef(-Infinity);
  const latest = useRef({ readAll, isBusy });
  latest.current = { readAll, isBusy };

  useEffect(() => {
    const abort = new AbortController();
    let timer: number | undefined;
    const poll = async () => {
      let busy = false;
      try {
        const data = await latest.current.readAll(abort.signal);
        if (abort.signal.aborted) return;
        busy = latest.current.isBusy(data);
        setState({ data });
      } catch (error) {
        if (abort.signal.aborted) return;
        const problem = error instanceof CollectorError ? error.problem : { status: 0, title: String(error) };
        setState((before) => ({ ...before, problem }));
      }
      busy ||= performance.now() - askedAtMs.current < carriedOutMs;
      timer = window.setTimeout(() => void poll(), busy ? busyIntervalMs : idleIntervalMs);
    };
    void poll();
    return () => {
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [key, round]);

  const refresh = useCallback(() => {
    askedAtMs.current = performance.now();
    setRound((before) => before + 1);
  }, []);
  return { data: state.data, problem: state.problem, refresh };
}
