import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

interface LineFailure extends NodeJS.ErrnoException {
  staleLine?: boolean;
}

/** One kept-alive line to HQ for requests one after the other; one deadline for connect, body and answer together. */
export class HqLine {
  private readonly agent: HttpAgent;
  private readonly secure: boolean;
  private current: ClientRequest | null = null;

  /** `timeout` makes the error of an answer that was not there wholly before the deadline. */
  constructor(
    private readonly hqUrl: string,
    private readonly timeoutMs: number,
    private readonly timeout: (timeoutMs: number) => Error,
  ) {
    this.secure = new URL(hqUrl).protocol === 'https:';
    const options = { keepAlive: true, maxSockets: 1 };
    this.agent = this.secure ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** @throws what `timeout` makes, what `read` throws, or the error of the network (`ECONNREFUSED`, `ECONNRESET`, …). */
  async post<Answer>(
    path: string,
    headers: Record<string, string>,
    body: string | Buffer,
    read: (response: IncomingMessage) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await this.send(path, headers, body, read);
    } catch (error) {
      // HQ closed the idle line while the request was on its way out: not a failure of what it carried
      if ((error as LineFailure).staleLine !== true) throw error;
      return this.send(path, headers, body, read);
    }
  }

  /** Ends the request under way, if any, and closes the line. */
  close(): void {
    this.current?.destroy(new Error('the agent stops'));
    this.agent.destroy();
  }

  private send<Answer>(
    path: string,
    headers: Record<string, string>,
    body: string | Buffer,
    read: (response: IncomingMessage) => Promise<Answer>,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = (this.secure ? httpsRequest : httpRequest)(addressAt(this.hqUrl, path), {
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        agent: this.agent,
      });
      this.current = request;
      let answering = false;
      let timedOut = false;
      const deadline = setTimeout(() => {
        timedOut = true;
        request.destroy(this.timeout(this.timeoutMs));
      }, this.timeoutMs);
      const fail = (error: LineFailure): void => {
        clearTimeout(deadline);
        if (timedOut) return reject(this.timeout(this.timeoutMs));
        error.staleLine = request.reusedSocket && !answering && error.code === 'ECONNRESET';
        reject(error);
      };
      request.on('response', (response) => {
        answering = true;
        read(response).then(
          (answer) => {
            clearTimeout(deadline);
            resolve(answer);
            // an answer before the end of the body (413): what is left of it has no reader
            if (!request.writableFinished) request.destroy();
          },
          (error: Error) => {
            request.destroy();
            fail(error);
          },
        );
      });
      // with an answer on its way a broken pipe is only HQ not reading the rest; reading the answer decides
      request.on('error', (error) => answering || fail(error));
      request.end(body);
    });
  }
}

/** An address below HQ's own, which may have a path. */
export function addressAt(hqUrl: string, path: string): URL {
  return new URL(path, hqUrl.endsWith('/') ? hqUrl : `${hqUrl}/`);
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
