/** Fewer make longer slices of work, more make more writes. */
const bufferChars = 64 * 1024;

/** The texts, one after the other, as UTF-8 in buffers that are each made when it is asked for: many megabytes of text never become one string. */
export function* encoded(texts: Iterable<string>): Generator<Buffer> {
  let text = '';
  for (const one of texts) {
    text += one;
    if (text.length < bufferChars) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
