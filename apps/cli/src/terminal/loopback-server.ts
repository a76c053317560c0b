import { once } from 'node:events';
import type { Server } from 'node:http';
import { RingbackError } from '@ringback/contracts';

type LoopbackOptions = {
  /** 0: any free one. */
  readonly port: number;
  readonly stop: AbortSignal;
  /** What to do about a port that is in use. */
  readonly ifTaken: string;
  /** Called with the URL. */
  readonly onUp: (url: string) => void;
};

/** Serves on 127.0.0.1 until `stop`. @throws RingbackError RB_PORT_TAKEN */
export async function serveOnLoopback(server: Server, { port, stop, ifTaken, onUp }: LoopbackOptions): Promise<void> {
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause;
    throw new RingbackError('RB_PORT_TAKEN', `port ${port} is in use: ${ifTaken}`, { cause });
  }
  const address = server.address();
  onUp(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : port}`);
  if (!stop.aborted) await once(stop, 'abort');
  server.close();
  server.closeAllConnections();
}
