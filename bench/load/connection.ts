import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One request at a time. */
export type Connection = {
  /** MUST be called only when no request is under way. */
  send(request: Buffer, onAnswer: (acked: boolean) => void): void;
  close(): void;
};

const ACK = '"retCode":0,';
const END_OF_BODY = '}'.charCodeAt(0);
/** An answer has about 250 bytes. */
const READ_BYTES = 4096;
const CONNECTS_WITHIN_MS = 10_000;

/** A broken connection throws uncaught: such a run is void. */
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
      // An answer is one flat JSON object, so a brace ends it. Headers and body are written together, so the
      // marker is never cut.
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
