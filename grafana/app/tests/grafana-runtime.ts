/** What Grafana's module of this name gives, for tests: a person, a theme, and a collector that answers what was recorded. */

const colour = { main: '#000000', text: '#000000', contrastText: '#ffffff' };

export const config = {
  bootData: { user: { login: 'ed', orgRole: 'Editor' as string } },
  theme2: {
    isDark: true,
    colors: {
      text: { primary: '#ffffff', secondary: '#cccccc' },
      background: { primary: '#000000', secondary: '#111111', canvas: '#000000' },
      border: { weak: '#333333', medium: '#444444', strong: '#555555' },
      primary: colour,
      error: colour,
      warning: colour,
      success: colour,
      info: colour,
    },
  },
};

interface Request {
  readonly url: string;
  readonly method: string;
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every request that was sent. */
export const sent: Request[] = [];
/** Of requests that were given up. */
export const aborted: string[] = [];
/** Answers by the start of `METHOD path`, behind the app's address; the last one that fits counts. A number refuses. */
export const answers: [
  start: string,
  answer: unknown | { readonly refused: number; readonly data: unknown },
][] = [];
/** Never answers. */
export const silence = Symbol('silence');

export const getBackendSrv = () => ({
  fetch: (request: Request) => ({
    subscribe(observer: { next(answer: object): void; error(failure: object): void }) {
      sent.push(request);
      const at = `${request.method} ${request.url.replace('/api/plugin-proxy/hqsync-manager-app', '')}`;
      const answer = answers.findLast(([start]) => at.startsWith(start))?.[1];
      void Promise.resolve().then(() => {
        if (answer === silence) return;
        if (typeof answer === 'object' && answer !== null && 'refused' in answer)
          observer.error({ status: answer.refused, data: 'data' in answer ? answer.data : undefined });
        else if (answer === undefined) observer.error({ status: 404, data: { message: `nothing at ${at}` } });
        else observer.next({ status: 200, data: answer });
      });
      return { unsubscribe: () => void aborted.push(at) };
    },
  }),
});
