/** A line as it came, in base64: its text, and what to correct where it is a JSON object. */
export function readContent(base64: string): { readonly text: string; readonly json: string | undefined } {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const line = new TextDecoder().decode(bytes);
  const object = parseObject(line);
  const json = object && JSON.stringify(object, null, 2);
  return { text: json ?? line, json };
}

/** Undefined where it is no JSON object. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
