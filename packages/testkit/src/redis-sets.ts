import { askRedis, CLUSTER_SETTINGS, joinCluster, PRIMARIES, replicaLinked, until } from '@ringback/redis-server';
import type { PrivateRedis, PrivateRedisOptions } from './private-redis.ts';
import { speakingTls } from './redis-tls.ts';

const COMES_UP_WITHIN_MS = 60_000;
/** From when on a silent server counts as down. Short for a fast test, long for a busy machine. ms. */
const DOWN_AFTER_MS = 3000;
/** A failover that a busy server was late for is given up after 5 s. ms. */
const ASK_AGAIN_AFTER_MS = 7000;
const NAME = 'mymaster';
/** A key of ours, with the prefix `ringback`. */
const KEY = '{ringback:0}:';

/** Starts a server. Who gives it ends the server as well. */
export type StartServer = (options: PrivateRedisOptions) => Promise<PrivateRedis>;

/** Several servers that fail over by themselves. */
export type RedisSet = {
  /** `host:port` of what the settings name: the sentinels, or all nodes of the cluster. */
  readonly nodes: readonly string[];
  readonly servers: readonly PrivateRedis[];
  /** What stands in the section `redis` of the settings, as YAML flow. */
  readonly settings: string;
  /** The server that is the primary for `key` now, by what the others say. */
  readonly primary: (key?: string) => Promise<PrivateRedis>;
  /** Runs one command on one server. */
  readonly ask: (server: PrivateRedis, command: string, ...args: readonly (string | number)[]) => Promise<unknown>;
  /** Has the set hand the keys of that primary to a replica. Resolves once it has. */
  readonly failOver: (key?: string) => Promise<void>;
  /** SIGKILL of every server and sentinel at once, and a new start of all. */
  readonly restart: () => Promise<void>;
};

export type SentinelSet = RedisSet & { readonly name: string; readonly sentinels: readonly PrivateRedis[] };

const ask: RedisSet['ask'] = (server, command, ...args) => askRedis(server, command, ...args);

const placeOf = ({ port }: PrivateRedis) => `127.0.0.1:${port}`;
const flow = (nodes: readonly string[]) => nodes.map((node) => `"${node}"`).join(', ');

export type SetOptions = {
  /** All of them, with one another as well. */
  readonly tls?: boolean;
};

/** An old primary without replicas takes no writes: what is done there would be done again after its failover. */
const SENTINEL_SET = ['--repl-diskless-sync-delay', '0', '--min-replicas-to-write', '1'];

/** One primary, two replicas and three sentinels. Resolves once all of them know one another. */
export async function runSentinelSet(start: StartServer, { tls = false }: SetOptions = {}): Promise<SentinelSet> {
  const servers = await startServers(start, 3, { tls, rewrites: true, settings: SENTINEL_SET });
  const [primary, ...replicas] = servers;
  if (primary === undefined) throw new Error('no server');
  // It is still a replica after a restart.
  for (const replica of replicas) {
    await ask(replica, 'REPLICAOF', '127.0.0.1', primary.port);
    await ask(replica, 'CONFIG', 'REWRITE');
  }
  await Promise.all(replicas.map(replicaLinked));
  const sentinels = await Promise.all([1, 2, 3].map(() => start({ sentinel: true, ...(tls && speakingTls()) })));
  for (const sentinel of sentinels) {
    await ask(sentinel, 'SENTINEL', 'MONITOR', NAME, '127.0.0.1', primary.port, 2);
    await ask(sentinel, 'SENTINEL', 'SET', NAME, 'down-after-milliseconds', DOWN_AFTER_MS, 'failover-timeout', 4000);
  }
  const knowsAll = async (sentinel: PrivateRedis) => {
    const facts = listIn(await ask(sentinel, 'SENTINEL', 'MASTER', NAME));
    const fact = (name: string) => facts[facts.indexOf(name) + 1];
    return fact('num-slaves') === '2' && fact('num-other-sentinels') === '2';
  };
  await Promise.all(sentinels.map((sentinel) => comesUp('sentinel', () => knowsAll(sentinel))));
  const nodes = sentinels.map(placeOf);
  const [sentinel] = sentinels;
  if (sentinel === undefined) throw new Error('no sentinel');
  const current = async () =>
    serverAt(servers, Number(listIn(await ask(sentinel, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME))[1]));
  return {
    name: NAME,
    nodes,
    servers,
    sentinels,
    ask,
    settings: `sentinel: { name: ${NAME}, nodes: [${flow(nodes)}] }`,
    primary: current,
    failOver: () => untilAnother(current, () => ask(sentinel, 'SENTINEL', 'FAILOVER', NAME)),
    restart: () => restart([...sentinels, ...servers]),
  };
}

export type ClusterOptions = SetOptions & {
  readonly primaries?: number;
  /** False: nothing takes the place of a primary that dies. */
  readonly replicas?: boolean;
  /** Such as `['--maxmemory', '20mb']`. */
  readonly settings?: readonly string[];
};

/** Primaries that share the slots, and a replica of each. Resolves once every node takes the cluster for sound. */
export async function runCluster(start: StartServer, options: ClusterOptions = {}): Promise<RedisSet> {
  const { primaries = PRIMARIES, replicas = true, tls = false, settings = [] } = options;
  const own = [...CLUSTER_SETTINGS, ...settings, ...(tls ? ['--tls-cluster', 'yes'] : [])];
  const servers = await startServers(start, replicas ? 2 * primaries : primaries, { tls, settings: own });
  await joinCluster(servers, primaries);
  const nodes = servers.map(placeOf);
  const current = async (key = KEY) => {
    const node = await reachable(servers);
    const slot = Number(await ask(node, 'CLUSTER', 'KEYSLOT', key));
    const ranges = listIn(await ask(node, 'CLUSTER', 'SLOTS')).map(listIn);
    const [, , owner] = ranges.find(([from, to]) => Number(from) <= slot && slot <= Number(to)) ?? [];
    return serverAt(servers, Number(listIn(owner)[1]));
  };
  const replicaOf = (port: number) =>
    Promise.any(
      servers.map(async (server) => {
        if (String(await ask(server, 'INFO', 'replication')).includes(`master_port:${port}`)) return server;
        throw new Error('not its replica');
      }),
    );
  /** A primary that has not heard of the replica gives it no vote, and the next try comes much later. */
  const handOver = async (primary: PrivateRedis) => {
    const replica = await replicaOf(primary.port);
    const id = String(await ask(primary, 'CLUSTER', 'MYID'));
    const known = async () => {
      const replies = await Promise.all(servers.map((server) => ask(server, 'CLUSTER', 'REPLICAS', id).catch(() => '')));
      return replies.every((reply) => reply === '' || String(reply).includes(`:${replica.port}@`));
    };
    await comesUp('a replica that all know', known);
    await ask(replica, 'CLUSTER', 'FAILOVER');
  };
  return {
    nodes,
    servers,
    ask,
    settings: `cluster: { nodes: [${flow(nodes)}] }`,
    primary: current,
    failOver: (key) => untilAnother(() => current(key), handOver),
    restart: () => restart(servers),
  };
}

/** A busy server may not be in time for a failover: it is asked for again. */
async function untilAnother(
  current: () => Promise<PrivateRedis>,
  handOver: (server: PrivateRedis) => Promise<unknown>,
): Promise<void> {
  const first = await current();
  let asked = -Infinity;
  await comesUp('another primary', async () => {
    if ((await current()) !== first) return true;
    if (performance.now() - asked < ASK_AGAIN_AFTER_MS) return false;
    asked = performance.now();
    await handOver(first).catch(() => {});
    return false;
  });
}

async function reachable(servers: readonly PrivateRedis[]): Promise<PrivateRedis> {
  return Promise.any(servers.map((server) => ask(server, 'PING').then(() => server)));
}

type ServerOptions = Required<SetOptions> & Pick<PrivateRedisOptions, 'rewrites'> & { readonly settings: readonly string[] };

async function startServers(
  start: StartServer,
  count: number,
  { settings, tls, rewrites = false }: ServerOptions,
): Promise<PrivateRedis[]> {
  const secure = tls && speakingTls();
  const own = secure ? { ...secure, settings: [...settings, ...secure.settings] } : { settings };
  const options = { appendfsync: 'everysec', rewrites, ...own } as const;
  return Promise.all(Array.from({ length: count }, () => start(options)));
}

async function restart(servers: readonly PrivateRedis[]): Promise<void> {
  await Promise.all(servers.map((server) => server.kill()));
  await Promise.all(servers.map((server) => server.start()));
}

const comesUp = (what: string, check: () => Promise<boolean>) =>
  until(check, { withinMs: COMES_UP_WITHIN_MS, what: () => `${what} of a set of Redis servers` });

function listIn(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}

function serverAt(servers: readonly PrivateRedis[], port: number): PrivateRedis {
  const server = servers.find((one) => one.port === port);
  if (server === undefined) throw new Error(`no server of the set listens at ${port}`);
  return server;
}
