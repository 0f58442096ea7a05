export interface AdminAnswer {
  readonly status: number;
  // The tests know what they asked for.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface AdminClient {
  readonly token: string;
  call(method: string, path: string, body?: unknown): Promise<AdminAnswer>;
  createStore(store: {
    storeId: string;
    timezone?: string;
    currency?: string;
    [field: string]: unknown;
  }): Promise<void>;
  /** Bulk change of HQ's records; a line that is text goes as it is. */
  changeRecords(entity: string, lines: readonly unknown[]): Promise<AdminAnswer>;
  /** @returns the secret. */
  generateToken(
    storeId: string,
    body?: { readonly expiresInDays?: number },
  ): Promise<{ token: string; tokenId: string }>;
}

/** Speaks to `/admin/v1` as a person with this token would with curl. */
export function adminClient(
  url: string,
  token: string,
  moreHeaders: Record<string, string> = {},
): AdminClient {
  const headers = (type: string) => ({
    authorization: `Bearer ${token}`,
    'content-type': type,
    ...moreHeaders,
  });
  const call = async (method: string, path: string, body?: unknown): Promise<AdminAnswer> => {
    const response = await fetch(`${url}/admin/v1${path}`, {
      method,
      headers: headers('application/json'),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  const expect201 = async (path: string, body: unknown) => {
    const answer = await call('POST', path, body);
    if (answer.status !== 201)
      throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return {
    token,
    call,
    async createStore({ storeId, ...rest }) {
      await expect201('/stores', {
        storeId,
        name: `Store ${storeId}`,
        timezone: 'UTC',
        currency: 'USD',
        ...rest,
      });
    },
    async changeRecords(entity, lines) {
      const response = await fetch(`${url}/admin/v1/entities/${entity}/records`, {
        method: 'POST',
        headers: headers('application/x-ndjson'),
        body: lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
      });
      return { status: response.status, body: await response.json() };
    },
    generateToken: (storeId, body = {}) => expect201(`/stores/${encodeURIComponent(storeId)}/tokens`, body),
  };
}
