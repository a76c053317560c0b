import { connect, type Socket } from 'node:net';
import { rawRequest } from '@ringback/testkit/bare';

/** Useless connections. */
export type Flood = {
  readonly name: string;
  readonly connections: number;
  /** Sent once. */
  readonly bytes: (serial: number) => Buffer;
};

const UNSIGNED = 'POST /callbot HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}';
const PIPELINED_BYTES = 300_000;

export const FLOODS: readonly Flood[] = [
  {
    name: 'pipelined requests, whose answers nobody reads',
    connections: 30,
    bytes: () => Buffer.from(UNSIGNED.repeat(PIPELINED_BYTES / UNSIGNED.length)),
  },
  {
    name: 'good heads, whose bodies do not come',
    connections: 300,
    bytes: (serial) =>
      rawRequest({ requestID: `flood-${serial}`, body: '', headers: { 'content-length': '100000', connection: 'keep-alive' } }),
  },
  { name: 'idle connections', connections: 400, bytes: () => Buffer.alloc(0) },
];

/** They read nothing. The returned function resets them. */
export function openFlood(url: string, { connections, bytes }: Flood): () => void {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: connections }, (_, serial): Socket => {
    const socket = connect({ host: hostname, port: Number(port) });
    // The ingress may close it.
    socket.on('error', () => {});
    socket.pause();
    socket.write(bytes(serial));
    return socket;
  });
  return () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
}
