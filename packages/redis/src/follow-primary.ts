import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import type { Place } from './address.ts';
import { NoPrimary } from './no-primary.ts';

/*
 * This file leans on the insides of ioredis 6.0.0: how it uses a Connector, and that it closes a connection whose
 * `check` fails. failover.test.ts fails when that changes.
 */

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1000;
const CLOSES_WITHIN_MS = 2000;
/** By these words ioredis knows that the connection was closed on purpose. */
const CLOSED = 'Connection is closed.';

type Emit = Parameters<AbstractConnector['connect']>[0];
type Following = {
  /** Finds the primary. Rejects with NoPrimary. */
  readonly find: (signal: AbortSignal) => Promise<Place>;
  readonly tls: TlsOptions | undefined;
};

/** Each connection leads to the primary of the moment. Until there is one, the `error` event says why. */
export function followPrimary({ find, tls }: Following): NonNullable<RedisOptions['Connector']> {
  // ioredis wants a class.
  return class extends AbstractConnector {
    readonly #options: RedisOptions;
    #stop = new AbortController();
    #emit: Emit = () => {};

    constructor(options: unknown) {
      super(CLOSES_WITHIN_MS);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the client's own options, by ioredis's code
      this.#options = options as RedisOptions;
    }

    override async connect(emit: Emit) {
      this.connecting = true;
      this.#emit = emit;
      this.#stop = new AbortController();
      const place = await untilFound(find, emit, this.#stop.signal);
      Object.assign(this.#options, place);
      this.stream = tls === undefined ? createConnection(place) : connectTls({ ...place, ...tls });
      this.stream.once('error', (error: Error) => (this.firstError = error));
      return this.stream;
    }

    /** Given what INFO says. A server that a sentinel or a node took for the primary may be a replica by now. */
    override check({ role }: { role?: string }): boolean {
      if (role !== 'slave') return true;
      const reason = 'the server that was named as the primary is a replica. Ringback tries again until the failover is over';
      this.#emit('error', new NoPrimary({ kind: 'failover', reason }));
      return false;
    }

    override disconnect(): void {
      this.#stop.abort();
      super.disconnect();
    }
  };
}

async function untilFound(find: Following['find'], emit: Emit, signal: AbortSignal): Promise<Place> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      const place = await find(signal);
      signal.throwIfAborted();
      return place;
    } catch (error) {
      if (signal.aborted) throw new Error(CLOSED, { cause: error });
      emit('error', error instanceof Error ? error : new Error(String(error)));
      await delay(wait, undefined, { signal }).catch(() => {});
    }
  }
}
