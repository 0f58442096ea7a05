import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { html } from '../src/page/html.js';

const unescaped = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
/** Texts rich in what markup is made of. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('<', '>', '"', "'", '&', '&lt;', 'script', '/', '=', ' ', 'a', '-->'))
    .map((parts) => parts.join('')),
);

test('no text comes through as markup, wherever it stands, and none is lost', () => {
  fc.assert(
    fc.property(text, text, fc.array(text), (first, second, more) => {
      const out = html`<a title="${first}">${second}${more.map((one) => html`<i>${one}</i>`)}</a>`.toString();
      const [, inAttribute, rest] = /^<a title="([^"<>']*)">([\s\S]*)<\/a>$/.exec(out)!;
      expect(unescaped(inAttribute!)).toBe(first);
      const [content, ...items] = rest!.split('<i>');
      for (const part of [content!, ...items.map((item) => item.replace(/<\/i>$/, ''))])
        expect(part).toMatch(/^(?:[^<>"'&]|&(?:lt|gt|quot|amp|#39);)*$/);
      expect(unescaped(content!)).toBe(second);
      expect(items.map((item) => unescaped(item.replace(/<\/i>$/, '')))).toEqual(more);
    }),
  );
});

test('lists are joined, and what is not there is nothing', () => {
  expect(html`${[1, 2n, html`<b></b>`, [null, undefined, false, '']]}|${0}`.toString()).toBe('12<b></b>|0');
});

test('an object that only looks like markup is no markup', () => {
  expect(() => html`${{ toString: () => '<b>' } as never}`.toString()).toThrow();
});
