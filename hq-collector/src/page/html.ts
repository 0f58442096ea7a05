/** Longer markup is kept in parts, so that a list of thousands is not copied each time that it is put into something. */
const partChars = 1_000;

/** Markup that may go out as it is. */
export class Html {
  /** One after the other they are the markup. */
  readonly parts: readonly string[];

  /** For `html`, and for what it made before. */
  constructor(markup: string | readonly string[]) {
    this.parts = typeof markup === 'string' ? [markup] : markup;
  }

  toString(): string {
    return this.parts.join('');
  }
}

export type Content = Html | string | number | bigint | null | undefined | false | readonly Content[];

/**
 * A template whose values are text: each is escaped for element content and for attributes in quotes, unless it is
 * `Html` itself. Lists are joined; null, undefined and false are nothing. Attributes have to be in double quotes, and
 * no value may stand in a name, a script, a style or an address whose scheme it could choose.
 */
export function html(markup: TemplateStringsArray, ...values: readonly Content[]): Html {
  const parts: string[] = [];
  let open = '';
  const close = () => {
    if (open !== '') parts.push(open);
    open = '';
  };
  const add = (text: string) => {
    if (text.length < partChars && open.length < partChars) return void (open += text);
    close();
    open = text;
  };
  const addContent = (value: Content) => {
    if (value === null || value === undefined || value === false) return;
    if (value instanceof Html) value.parts.forEach(add);
    else if (typeof value === 'object') value.forEach(addContent);
    else add(escaped(String(value)));
  };
  withoutIndent(markup).forEach((part, index) => {
    addContent(values[index - 1]);
    add(part);
  });
  close();
  return new Html(parts);
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

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
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
