import { connect, type Socket } from 'node:net';
import { rawRequest } from '@ringback/testkit/bare';

/** Connections that take up room, and are of no use to anyone. */
export type Flood = {
  readonly name: string;
  readonly connections: number;
  /** What each of them sends, and then nothing more. */
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

/** Opens a flood's connections, which read nothing; the returned function resets what is left of them. */
export function openFlood(url: string, { connections, bytes }: Flood): () => void {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: connections }, (_, serial): Socket => {
    const socket = connect({ host: hostname, port: Number(port) });
    // The ingress may well close it.
    socket.on('error', () => {});
    socket.pause();
    socket.write(bytes(serial));
    return socket;
  });
  return () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
}
