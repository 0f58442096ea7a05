import { isUtf8 } from 'node:buffer';

const maxChars = 200;

/** A name that somebody else vouches for, as the audit log can hold it and a terminal may show it. */
export function writtenName(said: string): string {
  const characters = [
    ...said
      .toWellFormed()
      .replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, ' ')
      .trim(),
  ];
  return characters.slice(0, maxChars).join('') || 'without a name';
}

/** The text of a header: UTF-8 where it is that; Node reads each byte as a character. */
export function headerText(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}
