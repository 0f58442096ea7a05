/** Markup that may go out as it is. */
export class Html {
  readonly #markup: string;

  /** For `html`, and for what it made before. */
  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

export type Content = Html | string | number | bigint | null | undefined | false | readonly Content[];

/**
 * A template whose values are text: each is escaped for element content and for attributes in quotes, unless it is
 * `Html` itself. Lists are joined; null, undefined and false are nothing. Attributes have to be in double quotes, and
 * no value may stand in a name, a script, a style or an address whose scheme it could choose.
 */
export function html(markup: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(
    withoutIndent(markup).reduce((text, part, index) => text + rendered(values[index - 1]) + part),
  );
}

/** The indents of the source are a third of a row's bytes. A template's strings are the same array each time. */
function withoutIndent(markup: TemplateStringsArray): readonly string[] {
  let parts = withoutIndents.get(markup);
  if (parts === undefined) {
    parts = markup.map((part) => part.replace(/\n\s+/g, '\n'));
    withoutIndents.set(markup, parts);
  }
  return parts;
}
const withoutIndents = new WeakMap<TemplateStringsArray, readonly string[]>();

function rendered(value: Content): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(rendered).join('');
  return String(value).replace(/[&<>"']/g, (character) => entities[character]!);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The value of the first attribute of this name, as it stands in the markup. */
export function attributeIn(markup: string, name: string): string {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(markup)?.[1] ?? '';
}
