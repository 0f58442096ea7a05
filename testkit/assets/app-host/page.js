// What Grafana does for a panel: gives the modules that its bundle does not hold, loads the bundle, renders the panel.
(async () => {
  const asked = new URLSearchParams(location.search);
  const isDark = asked.get('theme') !== 'light';
  const grey = isDark
    ? {
        text: '#ccccdc',
        quiet: '#a3a3b3',
        ground: '#181b1f',
        raised: '#22252b',
        canvas: '#111217',
        line: '#3d3f45',
      }
    : {
        text: '#24292e',
        quiet: '#62666a',
        ground: '#ffffff',
        raised: '#f4f5f5',
        canvas: '#f4f5f5',
        line: '#c8cacc',
      };
  const tone = (main, dark, light) => ({ main, text: isDark ? dark : light, contrastText: '#ffffff' });
  const theme2 = {
    isDark,
    colors: {
      text: { primary: grey.text, secondary: grey.quiet },
      background: { primary: grey.ground, secondary: grey.raised, canvas: grey.canvas },
      border: { weak: grey.line, medium: grey.line, strong: isDark ? '#5c5e64' : '#8e9092' },
      primary: tone('#3d71d9', '#6e9fff', '#1f62e0'),
      error: tone('#d10e5c', '#ff5286', '#cf0e5b'),
      warning: { ...tone('#ff9900', '#fbad37', '#8a5a00'), contrastText: '#000000' },
      success: tone('#1a7f4b', '#6ccf8e', '#0a764e'),
      info: tone('#3d71d9', '#6e9fff', '#1f62e0'),
    },
  };
  document.body.style.background = grey.ground;

  /** An answer is told once, a failure as Grafana's FetchError. */
  const answersTo = ({ url, method, data, headers }) => ({
    subscribe({ next, error }) {
      const abort = new AbortController();
      const body = data === undefined ? undefined : JSON.stringify(data);
      fetch(url, {
        method,
        body,
        headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
        signal: abort.signal,
      })
        .then(async (response) => {
          const answer = { status: response.status, data: await response.json() };
          if (response.ok) next(answer);
          else error(answer);
        })
        .catch((failure) => abort.signal.aborted || error({ status: 0, data: { message: String(failure) } }));
      return { unsubscribe: () => abort.abort() };
    },
  });

  const modules = {
    react: globalThis.React,
    'react-dom': globalThis.ReactDOM,
    '@grafana/data': {
      PanelPlugin: class {
        constructor(panel) {
          this.panel = panel;
        }
      },
      AppPlugin: class {},
    },
    '@grafana/runtime': {
      config: { theme2, bootData: { user: await (await fetch('/person')).json() } },
      getBackendSrv: () => ({ fetch: answersTo }),
    },
  };
  globalThis.define = (names, factory) => {
    const { plugin } = factory(...names.map((name) => modules[name]));
    globalThis.ReactDOM.createRoot(document.getElementById('panel')).render(
      globalThis.React.createElement(plugin.panel, {
        options: { everyStore: asked.get('store') === null },
        replaceVariables: () => asked.get('store') ?? '',
      }),
    );
  };
  const script = document.createElement('script');
  script.src = `/bundle/panels/${asked.get('panel')}/module.js`;
  document.head.append(script);
})();
