import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

export type SinkRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly clientPort: number | undefined;
  /** Of its last byte, ms since the epoch. */
  readonly time: number;
};

/**
 * `hang`: no answer. `reset`: cut before the answer. `cut`: cut within it. `drip`: a byte at a time, for
 * ever. `{ huge }`: that many bytes.
 */
export type SinkAnswer =
  | number
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer }
  | { readonly huge: number }
  | 'hang'
  | 'reset'
  | 'cut'
  | 'drip';

/** `count` is 1 for the first request after the script was set. */
export type SinkScript = (count: number, request: SinkRequest) => SinkAnswer | Promise<SinkAnswer>;

/** A real HTTP server that records requests. Answers 200 by default. */
export type Sink = {
  readonly url: string;
  /** Complete requests, in order. */
  readonly requests: readonly SinkRequest[];
  /** Bytes of `drip` and `{ huge }` given to the network. */
  bytesSent(): number;
  /** That are open. */
  connections(): Promise<number>;
  answer(answer: SinkAnswer | SinkScript): void;
  close(): Promise<void>;
};

const accept: SinkScript = () => 200;

export async function createSink(): Promise<Sink> {
  const requests: SinkRequest[] = [];
  let script = accept;
  let count = 0;
  let bytesSent = 0;
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = await readRequest(incoming);
    if (request === undefined) return;
    requests.push(request);
    count += 1;
    await sendAnswer(response, await script(count, request), (bytes) => (bytesSent += bytes));
  };
  const server = createServer((incoming, response) => void handle(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sink has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    bytesSent: () => bytesSent,
    connections: () => promisify(server.getConnections.bind(server))(),
    answer(next) {
      count = 0;
      script = typeof next === 'function' ? next : () => next;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Undefined if the client left before the end. */
async function readRequest(incoming: IncomingMessage): Promise<SinkRequest | undefined> {
  try {
    const { method = '', url: path = '', headers, socket } = incoming;
    const clientPort = socket.remotePort;
    return { method, path, headers, body: await buffer(incoming), clientPort, time: Date.now() };
  } catch {
    return undefined;
  }
}

async function sendAnswer(response: ServerResponse, answer: SinkAnswer, onSent: (bytes: number) => void): Promise<void> {
  if (typeof answer === 'number') {
    response.writeHead(answer).end();
  } else if (answer === 'reset') {
    response.socket?.resetAndDestroy();
  } else if (answer === 'cut') {
    response.writeHead(200, { 'content-length': 1000 }).write('the beginning', () => response.socket?.resetAndDestroy());
  } else if (answer === 'drip') {
    await sendBody(response, drops(), onSent);
  } else if (answer !== 'hang' && 'huge' in answer) {
    await sendBody(response, blocks(answer.huge), onSent);
  } else if (answer !== 'hang') {
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }
}

async function sendBody(response: ServerResponse, body: AsyncIterable<Buffer>, onSent: (bytes: number) => void): Promise<void> {
  response.writeHead(200);
  const counted = async function* () {
    for await (const chunk of body) {
      onSent(chunk.length);
      yield chunk;
    }
  };
  // Clients are expected to leave early.
  await pipeline(counted, response).catch(() => response.destroy());
}

async function* drops(): AsyncGenerator<Buffer> {
  for (;;) {
    yield Buffer.from('.');
    await setTimeout(5);
  }
}

async function* blocks(bytes: number): AsyncGenerator<Buffer> {
  const block = Buffer.alloc(64 * 1024, 'x');
  for (let left = bytes; left > 0; left -= block.length) yield block.subarray(0, left);
}
