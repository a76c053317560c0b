import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@ringback/redis-server';
import { until } from './until.ts';

/** A network between two processes, on loopback, that a test can break. It passes everything at first. */
export type TcpProxy = {
  /** Where clients connect, on 127.0.0.1; the same for as long as the proxy lives. */
  readonly port: number;
  /** Connections open now. */
  connections(): number;
  /** Forwards nothing more. Connections stay open, new ones are accepted; what comes waits for `heal`. */
  drop(): void;
  /** Forgets open connections, as a NAT does: nothing passes, not even their end. New ones work. */
  forget(): void;
  /** Holds everything back for `ms`, each way. */
  delay(ms: number): void;
  /** Resets every open connection (RST) on both sides. */
  cut(): void;
  /** Passes `bytes` more to the server on each connection, then resets it: in the middle of a command. */
  cutAfter(bytes: number): void;
  /** Refuses new connections; open ones stay. */
  refuse(): void;
  /** Passes everything again. What was cut stays cut. */
  heal(): Promise<void>;
  /** Stops listening and cuts everything. */
  close(): Promise<void>;
};

type Pair = { readonly client: Socket; readonly server: Socket; bytesLeft: number; forgotten: boolean };

/** The state of the network. */
type Network = {
  readonly pairs: Set<Pair>;
  dropping: PromiseWithResolvers<void> | undefined;
  delayMs: number;
  bytesLeft: number;
};

const CLOSES_WITHIN_MS = 5000;

/**
 * Starts a proxy on a free port of 127.0.0.1.
 * @param target.port a port of 127.0.0.1, where connections are passed on to; nobody needs to listen there yet
 */
export async function createTcpProxy(target: { readonly port: number }): Promise<TcpProxy> {
  const network: Network = { pairs: new Set(), dropping: undefined, delayMs: 0, bytesLeft: Infinity };
  const { pairs } = network;
  const port = await freePort();
  const accept = (client: Socket) => {
    void relay({ client, server: connect({ port: target.port, host: '127.0.0.1', allowHalfOpen: true }) }, network);
  };
  const limit = (bytes: number) => {
    network.bytesLeft = bytes;
    for (const pair of pairs) pair.bytesLeft = bytes;
  };
  const calm = () => {
    network.dropping?.resolve();
    network.dropping = undefined;
    network.delayMs = 0;
    limit(Infinity);
  };
  const cut = () => pairs.forEach(reset);
  let listener = await listen(port, accept);
  return {
    port,
    connections: () => pairs.size,
    forget: () => pairs.forEach((pair) => (pair.forgotten = true)),
    drop: () => void (network.dropping ??= Promise.withResolvers()),
    delay: (ms) => void (network.delayMs = ms),
    cut,
    cutAfter: limit,
    refuse: () => void listener.close(),
    async heal() {
      calm();
      if (!listener.listening) listener = await listen(port, accept);
    },
    async close() {
      listener.close();
      calm();
      cut();
      await until(() => pairs.size === 0, { withinMs: CLOSES_WITHIN_MS, what: () => 'the end of the connections' });
    },
  };
}

async function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  // Whose one side has ended still gets what the other has to say.
  const listener = createServer({ allowHalfOpen: true }, accept).listen(port, '127.0.0.1');
  await once(listener, 'listening');
  return listener;
}

function reset({ client, server }: Pick<Pair, 'client' | 'server'>): void {
  client.resetAndDestroy();
  // One that is still connecting has nobody to reset, and who waits for its connection MUST hear of it.
  if (server.connecting) server.destroy(new Error('cut'));
  else server.resetAndDestroy();
}

async function relay(sockets: Pick<Pair, 'client' | 'server'>, network: Network): Promise<void> {
  const pair: Pair = { ...sockets, bytesLeft: network.bytesLeft, forgotten: false };
  const { client, server } = pair;
  network.pairs.add(pair);
  for (const socket of [client, server]) socket.setNoDelay().on('error', () => {});
  try {
    await once(server, 'connect');
    // An end is passed on; a failure on either side ends both.
    await Promise.all([
      carry({ from: client, to: server, network, pair }, (bytes) => spend(pair, bytes)),
      carry({ from: server, to: client, network, pair }, (bytes) => bytes),
    ]);
    // Nobody was told, so neither closes it.
    if (pair.forgotten) reset(pair);
  } catch {
    reset(pair);
  }
  network.pairs.delete(pair);
}

type Way = { readonly from: Socket; readonly to: Socket; readonly network: Network; readonly pair: Pair };

/** Carries one way until its end. `allow` says how many of so many bytes may pass; fewer are the last. */
async function carry({ from, to, network, pair }: Way, allow: (bytes: number) => number): Promise<void> {
  const chunks: AsyncIterable<Buffer> = from.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    if (network.delayMs > 0) await delay(network.delayMs);
    await network.dropping?.promise;
    if (pair.forgotten) continue;
    const allowed = allow(chunk.length);
    await send(to, chunk.subarray(0, allowed));
    if (allowed < chunk.length) throw new Error('cut');
  }
  if (!pair.forgotten) to.end();
}

function spend(pair: Pair, bytes: number): number {
  const spent = Math.min(bytes, pair.bytesLeft);
  pair.bytesLeft -= spent;
  return spent;
}

/** Resolves once the operating system has the bytes. */
function send(to: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
