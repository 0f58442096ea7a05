import { ago, badge, bytes, count, dash, money, storeTime } from './format.js';
import { html, type Content, type Html } from './html.js';
import type { HeaderRow } from './store-pieces.js';
import { verdictOf } from './status.js';

/** Below this a difference of clocks is the way of the message. */
const noticedSkewMs = 2_000;

/** The top of a store's page. @param store null once it was archived while somebody looked. */
export function renderHeader(store: HeaderRow | null): Html {
  if (store === null)
    return html`<header data-piece="header" data-title="No such store · HQ" data-name="">
      <h1>No such store</h1>
      <p>It was archived, or it never was. <a href="/">All stores</a></p>
    </header>`;
  const verdict = verdictOf(store);
  const closed = !store.expectedOnline && store.status !== 'no_server' && 'closed now';
  const why = [verdict.reason, closed].filter(Boolean).join(' · ');
  return html`<header
    data-piece="header"
    data-title="${verdict.icon} ${store.name} · HQ"
    data-name="${store.name}"
  >
    <h1>${store.name}</h1>
    <p class="lead">
      ${badge(verdict, verdict.tone === 'bad' && store.expectedOnline)}
      ${store.since !== null && html`<span class="since">since ${storeTime(store.since, store.timezone)} in the store, ${ago(store.since)}</span>`}
      ${why !== '' && html`<span class="why">· ${why}</span>`}
    </p>
    <dl class="tiles">${today(store)}</dl>
    <dl class="facts">
      ${fact('Store id', html`<code>${store.storeId}</code>`)} ${fact('Region', store.region ?? dash)}
      ${fact('Time zone', store.timezone)} ${fact('Last sync', ago(store.lastSyncAt))}
      ${fact('Last heartbeat', ago(store.lastHeartbeatAt))} ${fact('Last sale', ago(store.lastSaleAt))}
      ${fact('Waiting in the store', waiting(store.pending, store.oldestPendingAt))}
      ${fact('Waiting at HQ', waiting(store.pullPending, store.pullOldestPendingAt))}
      ${fact('Pushed / pulled', html`${count(store.recordsPushed)} / ${count(store.recordsPulled)} records`)}
      ${fact('Agent', agent(store))} ${fact('Clock', skew(store.clockSkewMs))} ${fact('Token', token(store))}
      ${fact('Queue on disk', store.diskLimitBytes === null ? dash : `${bytes(store.diskUsedBytes)} of ${bytes(store.diskLimitBytes)}`)}
    </dl>
  </header>`;
}

function today(store: HeaderRow): Html {
  const amount = (minor: string) => money(minor, store.currency);
  const tile = (label: string, figure: Content, note?: Content) =>
    html`<div class="tile quiet">
      <dt>${label}</dt>
      <dd class="figure">${figure}</dd>
      ${note && html`<dd class="note">${note}</dd>`}
    </div>`;
  return html`${tile('Revenue today', amount(store.grossMinor), `${store.businessDate}, ${store.currency}`)}
  ${tile('Sales', count(store.salesCount))} ${tile('Tax', amount(store.taxMinor))}
  ${tile('Discounts', amount(store.discountMinor))}
  ${tile('Voids', count(store.voidCount), amount(store.voidMinor))}
  ${tile('Returns', count(store.returnCount), amount(store.returnMinor))}`;
}

function fact(label: string, value: Content): Html {
  return html`<div>
    <dt>${label}</dt>
    <dd>${value}</dd>
  </div>`;
}

function waiting(pending: number | null, oldestAt: string | null): Content {
  return oldestAt === null ? count(pending) : html`${count(pending)}, the oldest ${ago(oldestAt)}`;
}

function agent({ agentVersion, schemaVersion, schemaCompatible }: HeaderRow): Content {
  if (agentVersion === null) return dash;
  return html`${agentVersion},
  ${
    schemaCompatible === false
      ? html`<strong>schema ${schemaVersion}: HQ refuses it</strong>`
      : `schema ${schemaVersion}`
  }`;
}

function token({ status, tokenWorks, tokenExpiresAt, tokenEndsSoon }: HeaderRow): Content {
  if (status === 'no_server') return dash;
  if (!tokenWorks) return html`<strong>none works</strong>`;
  if (tokenExpiresAt === null) return 'does not expire';
  const end = html`expires ${ago(tokenExpiresAt)}`;
  return tokenEndsSoon ? html`<strong>⚠ ${end}</strong>` : end;
}

function skew(ms: number | null): Content {
  if (ms === null) return dash;
  if (Math.abs(ms) < noticedSkewMs) return 'right';
  return html`<strong>${Math.round(Math.abs(ms) / 1_000)} s ${ms > 0 ? 'ahead' : 'behind'}</strong>`;
}
