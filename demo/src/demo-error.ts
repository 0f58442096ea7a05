/** An end that a person can do something about: shown as its sentence, without a stack. */
export class DemoError extends Error {
  override name = 'DemoError';
}
