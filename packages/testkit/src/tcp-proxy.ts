import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@ringback/redis-server';
import { until } from '@ringback/redis-server';

/** A network on loopback that a test can break. Passes everything at first. */
export type TcpProxy = {
  /** On 127.0.0.1; it does not change. */
  readonly port: number;
  connections(): number;
  /** Nothing passes until `heal`; new connections are accepted. */
  drop(): void;
  /** As a NAT does: open connections pass nothing, not even their end. New ones work. */
  forget(): void;
  /** ms, each way. */
  delay(ms: number): void;
  /** Sends RST on both sides. */
  cut(): void;
  /** Resets each connection after `bytes` more to the server. */
  cutAfter(bytes: number): void;
  /** Open ones stay. */
  refuse(): void;
  /** Connections that were cut stay cut. */
  heal(): Promise<void>;
  close(): Promise<void>;
};

type Pair = { readonly client: Socket; readonly server: Socket; bytesLeft: number; forgotten: boolean };

type Network = {
  readonly pairs: Set<Pair>;
  dropping: PromiseWithResolvers<void> | undefined;
  delayMs: number;
  bytesLeft: number;
};

const CLOSES_WITHIN_MS = 5000;

/** @param target.port on 127.0.0.1; nobody needs to listen there yet */
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
  // A half-closed side still gets the rest of the answer.
  const listener = createServer({ allowHalfOpen: true }, accept).listen(port, '127.0.0.1');
  await once(listener, 'listening');
  return listener;
}

function reset({ client, server }: Pick<Pair, 'client' | 'server'>): void {
  client.resetAndDestroy();
  // A connecting socket has no peer to reset, and its owner MUST get an error.
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
    // An end is passed on; a failure ends both sides.
    await Promise.all([
      carry({ from: client, to: server, network, pair }, (bytes) => spend(pair, bytes)),
      carry({ from: server, to: client, network, pair }, (bytes) => bytes),
    ]);
    // Neither side was told, so neither closes it.
    if (pair.forgotten) reset(pair);
  } catch {
    reset(pair);
  }
  network.pairs.delete(pair);
}

type Way = { readonly from: Socket; readonly to: Socket; readonly network: Network; readonly pair: Pair };

/** `allow` says how many bytes may pass; fewer are the last. */
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

function send(to: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
