/** The address of a database by another port of the machine, where a test has a proxy. */
export function throughPort(databaseUrl: string, port: number | undefined): string {
  const url = new URL(databaseUrl);
  if (port !== undefined) url.port = String(port);
  return url.href;
}
