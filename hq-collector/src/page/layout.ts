import { html, type Content, type Html } from './html.js';

export interface LayoutParts {
  readonly title: Content;
  /** Address of the event stream, undefined for a page that stays as it is; and the version shown: `run:version`. */
  readonly events: string | undefined;
  readonly seen: string;
  /** Instant (ISO 8601) of the data, null when there is none. */
  readonly asOf: string | null;
  /** Said in the banner from the start. */
  readonly trouble: string | undefined;
  readonly grafanaUrl: string | undefined;
  readonly main: Content;
}

/**
 * The frame of every page. Until its script runs, and whenever it has no proof, the root's `data-live` is not `yes` and
 * the style sheet shows every status as unknown. Without scripts it is loaded anew every 5 s instead.
 */
export function layout({ title, events, seen, asOf, trouble, grafanaUrl, main }: LayoutParts): Html {
  return html`<!doctype html>
    <html
      lang="en"
      data-live="${trouble === undefined ? 'wait' : 'no'}"
      data-events="${events}"
      data-seen="${seen}"
    >
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="stylesheet" href="/page/page.css" />
        <link rel="icon" href="/page/icon.svg" type="image/svg+xml" />
        ${events !== undefined && html`<noscript><meta http-equiv="refresh" content="5" /></noscript>`}
        ${events !== undefined && html`<script src="/page/page.js" defer></script>`}
      </head>
      <body>
        <header class="top">
          <a class="home" href="/">HQ Sync Dashboard</a>
          <nav aria-label="Other views">
            ${grafanaUrl !== undefined && html`<a href="${grafanaUrl}">Grafana</a>`}
            <a href="/metrics/stores">Store metrics</a>
            <a href="/metrics">Process metrics</a>
            <a href="/openapi.json">API</a>
          </nav>
          ${events !== undefined && asOfLine(asOf)}
        </header>
        <div id="banner" role="alert" aria-live="assertive">
          ${trouble !== undefined && html`<p>${trouble}</p>`}
        </div>
        <main>${main}</main>
      </body>
    </html> `;
}

function asOfLine(asOf: string | null): Html {
  return html`<p class="as-of">
    Data as of
    ${
      asOf === null
        ? html`<time id="as-of">never</time>`
        : html`<time id="as-of" datetime="${asOf}">${asOf.slice(11, 19)} UTC</time>`
    }
  </p>`;
}
