import { attributeIn, Html, html } from './html.js';
import type { LiveDocument } from './live-document.js';
import { sections } from './store-sections.js';

/** A store's page: what stands around its pieces, and the pieces as they are. */
export function storeMain(document: LiveDocument): Html {
  const piece = (key: string) => new Html(document.html(key) || `<p data-piece="${key}"></p>`);
  return html`<nav aria-label="Path" class="path"><a href="/">All stores</a></nav>
    ${piece('header')}
    ${Object.entries(sections).map(
      ([key, { title }]) =>
        html`<section class="${key}" aria-labelledby="title-${key}">
          <h2 id="title-${key}">${title}</h2>
          <div class="scroll" tabindex="0" role="region" aria-labelledby="title-${key}">${piece(key)}</div>
        </section>`,
    )}`;
}

export const storeIsKnown = (document: LiveDocument): boolean => nameOf(document) !== '';

/** As markup: it is what stands in the header already. */
export const storeName = (document: LiveDocument): Html | undefined => {
  const name = nameOf(document);
  return name === '' ? undefined : new Html(name);
};

function nameOf(document: LiveDocument): string {
  return attributeIn(document.html('header'), 'data-name');
}
