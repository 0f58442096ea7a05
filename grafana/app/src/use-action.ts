import { useRef, useState } from 'react';
import { change, CollectorError, newIdempotencyKey, type ChangeRoute, type Problem } from './collector.js';

export type Outcome = { readonly done: string } | { readonly problem: Problem };

export interface Request {
  readonly route: ChangeRoute;
  readonly method?: 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  /** What the person decided, where the body also has what follows from the moment; left out: the body. */
  readonly decision?: object;
}

export interface Action {
  readonly busy: boolean;
  readonly outcome: Outcome | undefined;
  /** @returns the answer; undefined when it was refused or failed: the outcome says why. */
  run<T = unknown>(request: Request, said: (answer: T) => Outcome | string): Promise<T | undefined>;
}

/** Sends what a person decided. Sent again after no answer came, it is the same decision, and is carried out once. */
export function useAction(afterwards: () => void): Action {
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const unanswered = useRef<{ decision: string; body: object; key: string } | undefined>(undefined);

  return {
    busy,
    outcome,
    async run<T>(
      { route, method = 'POST', path, body = {}, decision: decided = body }: Request,
      said: (answer: T) => Outcome | string,
    ) {
      const decision = JSON.stringify([route, method, path, decided]);
      if (unanswered.current?.decision !== decision)
        unanswered.current = { decision, body, key: newIdempotencyKey() };
      const once = unanswered.current;
      setBusy(true);
      setOutcome(undefined);
      try {
        const answer = (await change(route, method, path, once.body, once.key)) as T;
        unanswered.current = undefined;
        const outcome = said(answer);
        setOutcome(typeof outcome === 'string' ? { done: outcome } : outcome);
        return answer;
      } catch (error) {
        if (!(error instanceof CollectorError)) throw error;
        const { problem } = error;
        const mayHaveBeenDone = problem.status === 0 || problem.status >= 500;
        if (!mayHaveBeenDone) unanswered.current = undefined;
        setOutcome({ problem });
        return undefined;
      } finally {
        setBusy(false);
        afterwards();
      }
    },
  };
}
