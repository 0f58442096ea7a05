// Keeps the page as it is at HQ: takes what has changed from the event stream, and never lets old data look proven.

/** Without news for this long nothing is proven any more; HQ sends news every second. */
const staleAfterMs = 15_000;
/** A stream that was refused is asked for again after this. */
const retryMs = 3_000;

const root = document.documentElement;
const banner = document.getElementById('banner');
const asOf = document.getElementById('as-of');
const rows = document.querySelector('[data-rows]');
const pieces = new Map();
for (const element of document.querySelectorAll('[data-piece]')) pieces.set(element.dataset.piece, element);

let seen = root.dataset.seen;
let trouble = root.dataset.live === 'no' ? banner.textContent : '';
let cut = false;
/** Both clocks: one may be set back, the other may stand still while the machine sleeps. */
let provenAt = { wall: Date.now(), steady: performance.now() };
/** Postgres's clock minus ours. */
let aheadMs = asOf.dateTime ? Date.parse(asOf.dateTime) - Date.now() : 0;

function listen() {
  const source = new EventSource(`${root.dataset.events}?seen=${encodeURIComponent(seen)}`);
  source.addEventListener('change', ({ data }) => take(JSON.parse(data)));
  source.addEventListener('trouble', ({ data }) => {
    cut = false;
    trouble = JSON.parse(data).text;
    judge();
  });
  // The login has ended: HQ sends the new page to the form.
  source.addEventListener('logged-out', () => location.reload());
  source.onopen = () => {
    cut = false;
    judge();
  };
  source.onerror = () => {
    cut = true;
    // The browser would ask again by itself, but for what this page had when it was opened.
    source.close();
    setTimeout(listen, retryMs);
    judge();
  };
  addEventListener('pagehide', () => source.close(), { once: true });
}

function take(change) {
  const found = new Set();
  for (const [key, html] of change.pieces) {
    found.add(key);
    put(key, html);
  }
  if (change.whole) {
    for (const [key, element] of pieces) {
      if (found.has(key)) continue;
      element.remove();
      pieces.delete(key);
    }
  }
  seen = `${change.run}:${change.version}`;
  asOf.dateTime = change.asOf;
  aheadMs = Date.parse(change.asOf) - Date.now();
  provenAt = { wall: Date.now(), steady: performance.now() };
  trouble = '';
  cut = false;
  if (change.pieces.length > 0 || change.whole) filter();
  judge();
  showTimes();
}

/** Puts a piece where it belongs; the focus stays where it was. */
function put(key, html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  const element = template.content.firstElementChild;
  const old = pieces.get(key);
  pieces.set(key, element);
  if (element.dataset.title) document.title = element.dataset.title;
  const focused = old?.contains(document.activeElement) ?? false;
  if (old && old.dataset.sort === element.dataset.sort) old.replaceWith(element);
  else {
    old?.remove();
    rows?.insertBefore(element, firstAfter(element.dataset.sort));
  }
  if (focused) element.querySelector('a')?.focus();
}

function firstAfter(sort) {
  let low = 0;
  let high = rows.children.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows.children[middle].dataset.sort < sort) low = middle + 1;
    else high = middle;
  }
  return rows.children[low] ?? null;
}

/** Says whether what is shown is proven, and if not, why. */
function judge() {
  const ageMs = Math.max(Date.now() - provenAt.wall, performance.now() - provenAt.steady);
  const stale = ageMs > staleAfterMs;
  const live = trouble || stale ? 'no' : 'yes';
  if (root.dataset.live !== live) root.dataset.live = live;
  const text =
    trouble ||
    (stale
      ? 'No news from HQ. Nothing here is proven; what you see is how it was.'
      : cut
        ? 'The connection to HQ is cut. Trying again …'
        : '');
  if (banner.textContent !== text) {
    banner.textContent = '';
    if (text) banner.append(Object.assign(document.createElement('p'), { textContent: text }));
  }
}

const units = [
  [172_800_000, 86_400_000, 'd'],
  [6_000_000, 3_600_000, 'h'],
  [100_000, 60_000, 'min'],
  [0, 1_000, 's'],
];

/** `12 min ago`; `in 30 s` for what is to come. */
function relative(ms) {
  const size = Math.abs(ms);
  const [, unitMs, unit] = units.find(([from]) => size >= from);
  const number = Math.floor(size / unitMs);
  if (unit === 's' && number < 1) return 'now';
  return ms >= 0 ? `${number} ${unit} ago` : `in ${number} ${unit}`;
}

function showTimes() {
  const now = Date.now() + aheadMs;
  for (const time of document.querySelectorAll('time[data-ago]')) {
    time.at ??= Date.parse(time.dateTime);
    const text = relative(now - time.at);
    if (time.textContent !== text) time.textContent = text;
  }
  if (asOf.dateTime) asOf.textContent = new Date(asOf.dateTime).toLocaleTimeString('en-GB');
}

// The filter, on the list of stores -------------------------------------------------------------------------------

const form = document.getElementById('filter');
const needsLook = 'disconnected|lost|unknown|errors|not synced|duplicate|never connected';

function filter() {
  if (!form) return;
  const text = form.elements.text.value.trim().toLowerCase();
  const chosen = form.elements.group.value;
  const groups = (chosen === 'attention' ? needsLook : chosen).split('|');
  let shown = 0;
  for (const row of rows.children) {
    const fits = row.dataset.search.includes(text) && (chosen === '' || groups.includes(row.dataset.group));
    if (row.hidden === fits) row.hidden = !fits;
    if (fits) shown += 1;
  }
  const total = rows.children.length;
  const count = shown === total ? `${total} stores` : `${shown} of ${total} stores`;
  const output = form.querySelector('output');
  if (output.textContent !== count) output.textContent = count;
  document.getElementById('none').hidden = total > 0;
}

if (form) {
  const asked = new URLSearchParams(location.search);
  for (const name of ['text', 'group']) form.elements[name].value = asked.get(name) ?? '';
  form.hidden = false;
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => {
    const wanted = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ''));
    history.replaceState(null, '', wanted.size > 0 ? `?${wanted}` : location.pathname);
    filter();
  });
  filter();
}

const named = document.querySelector('[data-title]');
if (named) document.title = named.dataset.title;
judge();
showTimes();
setInterval(() => {
  judge();
  showTimes();
}, 1_000);
// A page that was hidden or came back from the browser's memory may be old: judge it before it is seen.
document.addEventListener('visibilitychange', judge);
addEventListener('pageshow', ({ persisted }) => {
  judge();
  if (persisted) listen();
});
listen();
