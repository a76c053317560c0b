import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { serveOnLoopback } from '../terminal/loopback-server.ts';
import type { Terminal } from '../terminal/terminal.ts';

declare global {
  // In Node since 21; TypeScript's library does not know them yet.
  interface JSON {
    rawJSON(text: string): unknown;
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  }
}

export type ListenOptions = {
  readonly port: number;
  readonly status: number;
  readonly stop: AbortSignal;
  readonly terminal: Terminal;
};

/** Resolves once stopped. @throws RingbackError RB_PORT_TAKEN */
export async function listen({ port, status, stop, terminal }: ListenOptions): Promise<void> {
  const server = createServer((request, response) => {
    void show(request, terminal).then(
      () => response.writeHead(status).end(),
      () => response.destroy(),
    );
  });
  await serveOnLoopback(server, {
    port,
    stop,
    ifTaken: 'name another one (listen <port>)',
    onUp: (url) => terminal.out(`listening at ${url}, answering ${status} (Ctrl-C ends it)`),
  });
}

async function show(request: IncomingMessage, terminal: Terminal): Promise<void> {
  const body = (await buffer(request)).toString();
  const id = request.headers['webhook-id'];
  terminal.out(`${request.method} ${request.url}${id === undefined ? '' : `  webhook-id ${String(id)}`}`);
  terminal.out(pretty(body));
}

/** Without changing any number. */
function pretty(body: string): string {
  try {
    const exact = JSON.parse(body, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined ? JSON.rawJSON(source) : value,
    );
    return JSON.stringify(exact, null, 2);
  } catch {
    return body;
  }
}
