import { once } from 'node:events';
import { createServer } from 'node:net';
import { until } from '@ringback/testkit/bare';
import { readRequests } from '../../bench/sink/read-requests.ts';
import { urlOf } from '../../bench/url-of.ts';

/** All outputs post to it, each to the path of its name. */
export type Destination = {
  readonly url: string;
  /** Answers 503, or 200 as at first. */
  readonly die: (output: string) => void;
  readonly return: (output: string) => void;
  /** requestID → how often it was taken. */
  readonly taken: (output: string) => ReadonlyMap<string, number>;
  /** @throws Error if fewer are there within the time */
  readonly took: (output: string, count: number, withinMs: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

const TAKEN = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const DEAD = 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n';

export async function createDestination(): Promise<Destination> {
  const dead = new Set<string>();
  const outputs = new Map<string, Map<string, number>>();
  const of = (output: string) => outputs.get(output) ?? new Map<string, number>();
  const server = createServer({ noDelay: true }, (socket) => {
    readRequests(socket, (request) => {
      const output = /^POST \/(\S+)/.exec(request)?.[1] ?? '';
      if (dead.has(output)) return socket.write(DEAD);
      // The webhook output puts it before the body.
      const requestID = /"requestID":"([^"]*)"/.exec(request)?.[1] ?? '';
      outputs.set(output, of(output).set(requestID, (of(output).get(requestID) ?? 0) + 1));
      return socket.write(TAKEN);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: urlOf(server),
    die: (output) => void dead.add(output),
    return: (output) => void dead.delete(output),
    taken: of,
    took: async (output, count, withinMs) => {
      await until(() => of(output).size >= count, {
        withinMs,
        what: () => `${count} at ${output}; there are ${of(output).size}`,
      });
    },
    close: async () => {
      // Connections end with the processes that opened them.
      server.close();
    },
  };
}
