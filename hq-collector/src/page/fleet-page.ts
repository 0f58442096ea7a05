import { columns, summaryKey } from './fleet-pieces.js';
import { Html, html } from './html.js';
import type { LiveDocument } from './live-document.js';

/** The list of stores: what stands around its pieces, and the pieces as they are. */
export function fleetMain(document: LiveDocument): Html {
  const rows = document.sorted().filter(({ key }) => key !== summaryKey);
  return html`<h1>Stores</h1>
    ${new Html(document.html(summaryKey) || '<dl class="tiles" data-piece="summary"></dl>')}
    <form class="filter" id="filter" role="search" hidden>
      <label
        >Find <input type="search" name="text" placeholder="name, id, region, reason" autocomplete="off"
      /></label>
      <label
        >Status
        <select name="group">
          <option value="">all</option>
          <option value="attention">needs a look</option>
          <option value="disconnected|lost|disconnected, closed">disconnected</option>
          <option value="unknown">unknown</option>
          <option value="errors">with errors</option>
          <option value="not synced">not synced</option>
          <option value="never connected">never connected</option>
          <option value="connected|errors|not synced|duplicate">connected</option>
          <option value="no server">no store server</option>
        </select></label
      >
      <output aria-live="polite"></output>
    </form>
    <table class="stores" role="table">
      <caption>
        Stores, the worst first; figures of each store’s own today, in its currency
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map(
            ({ head, number, title }) =>
              html`<th
                role="columnheader"
                scope="col"
                ${number && html` class="number"`}${title !== undefined && html` title="${title}"`}
              >
                ${head}
              </th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup" data-rows>
        ${new Html(rows.map((row) => row.html))}
      </tbody>
    </table>
    <p class="empty" id="none" ${rows.length > 0 && html` hidden`}>
      No stores yet. Create one with <code>POST /admin/v1/stores</code>; the README shows how.
    </p>`;
}
