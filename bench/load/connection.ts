import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection on which one request is under way at a time. */
export type Connection = {
  /** `onAnswer` is called with whether it was an ack. MUST be called only when no request is under way. */
  send(request: Buffer, onAnswer: (acked: boolean) => void): void;
  close(): void;
};

const ACK = '"retCode":0,';
const END_OF_BODY = '}'.charCodeAt(0);
/** An answer of an ingress is some 250 bytes. */
const READ_BYTES = 4096;
const CONNECTS_WITHIN_MS = 10_000;

/** Opens so many connections. What breaks one of them is thrown where nothing catches it: figures of such a run mean nothing. */
export async function openConnections(urls: readonly string[], count: number): Promise<Connection[]> {
  const connections: Connection[] = [];
  for (let opened = 0; opened < count; opened += 1) connections.push(await open(new URL(urls[opened % urls.length] ?? '')));
  return connections;
}

async function open({ hostname, port }: URL): Promise<Connection> {
  let onAnswer: ((acked: boolean) => void) | undefined;
  let closing = false;
  let acked = false;
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const socket: Socket = connect({
    host: hostname,
    port: Number(port),
    noDelay: true,
    onread: {
      buffer,
      // The answer is one flat JSON object, so that a closing brace ends it, and it comes in one piece but for rare cases; the marker is never cut, since headers and body are written together.
      callback(bytes) {
        acked ||= buffer.subarray(0, bytes).includes(ACK);
        if (buffer[bytes - 1] !== END_OF_BODY) return true;
        const answer = acked;
        acked = false;
        onAnswer?.(answer);
        return true;
      },
    },
  });
  await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECTS_WITHIN_MS) });
  socket.on('close', () => {
    if (!closing) throw new Error('the server closed a connection');
  });
  return {
    send(request, next) {
      onAnswer = next;
      socket.write(request);
    },
    close() {
      closing = true;
      socket.destroy();
    },
  };
}
