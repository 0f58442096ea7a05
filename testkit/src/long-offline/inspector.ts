import { once } from 'node:events';
import { WebSocket } from 'ws';

const host = '127.0.0.1';

interface Answer {
  readonly id: number;
  readonly result?: { readonly usedSize?: number; readonly result?: { readonly value?: unknown } };
  readonly error?: { readonly message: string };
}

/**
 * Asks a Node program what memory it uses, by the debugging protocol that is part of Node. A program does not end while
 * it is connected to.
 */
export class Inspector {
  private socket: WebSocket | undefined;
  private asked = 0;

  constructor(private readonly port: number) {}

  /** With it a program can be asked. */
  get nodeOptions(): string[] {
    return [`--inspect=${host}:${this.port}`, '--inspect-publish-uid=http'];
  }

  /** Garbage that was not collected yet included; NaN while the program cannot be asked. */
  async heapUsedBytes(): Promise<number> {
    try {
      return (await this.ask('Runtime.getHeapUsage')).usedSize ?? NaN;
    } catch {
      return NaN;
    }
  }

  /** What is left of the heap, and of the buffers beside it, after a full garbage collection. */
  async heldBytes(): Promise<number> {
    await this.ask('HeapProfiler.collectGarbage');
    const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
    const { result } = await this.ask('Runtime.evaluate', { expression });
    return Number(result?.value);
  }

  async connect(): Promise<void> {
    const response = await fetch(`http://${host}:${this.port}/json/list`);
    const [target] = (await response.json()) as [{ webSocketDebuggerUrl: string }];
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await once(socket, 'open');
    socket.on('error', () => undefined);
    this.socket = socket;
  }

  async disconnect(): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    const closed = once(socket, 'close');
    socket.terminate();
    await closed;
  }

  private async ask(method: string, params: object = {}): Promise<NonNullable<Answer['result']>> {
    const { socket } = this;
    if (socket?.readyState !== WebSocket.OPEN) throw new Error('not connected');
    const id = (this.asked += 1);
    const answer = new Promise<Answer>((resolve, reject) => {
      const hear = (data: WebSocket.RawData) => {
        const said = JSON.parse(String(data)) as Answer;
        if (said.id !== id) return;
        socket.off('message', hear).off('close', fail);
        resolve(said);
      };
      const fail = () => reject(new Error(`the program ended before it answered ${method}`));
      socket.on('message', hear).on('close', fail);
    });
    socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }
}
