import { settings } from './config.js';

const begin = '<!-- settings: made by `npm run generate` -->';
const end = '<!-- end of settings -->';

/** The table of docs/settings.md: every setting with its default, from the validators themselves. */
export function settingsTable(): string {
  const rows = Object.entries(settings.shape).map(([name, type]) => {
    const absent = type.safeParse(undefined);
    const value = absent.success ? absent.data : undefined;
    const fallback = !absent.success ? 'required' : value === undefined ? 'none' : `\`${String(value)}\``;
    return `| \`${name}\` | ${fallback} | ${type.description ?? ''} |`;
  });
  return ['| variable | default | what it is |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The document with its table replaced. */
export function replaceTable(document: string, table: string): string {
  const before = document.slice(0, document.indexOf(begin) + begin.length);
  return `${before}\n\n${table}\n\n${document.slice(document.indexOf(end))}`;
}
