import type { Config } from '@ringback/config';
import { type Callback, type QuarantinedCallback, RingbackError, shardOf } from '@ringback/contracts';
import type { RestStore } from '@ringback/history';
import { createLedger } from '@ringback/ledger';
import {
  joinKeptStores,
  joinResting,
  type KeptStore,
  knownOutputs,
  openDeadLetters,
  openQuarantineStore,
  runningProcesses,
} from '@ringback/queue';
import { createRouter } from '@ringback/routing';
import { createSources } from '@ringback/sources';
import { bodyCodec } from '../reach/opened-history.ts';
import { guardedStore } from './guarded-store.ts';
import { requireOutput } from '../outputs/known-output.ts';
import { openRestKept } from './open-rest-kept.ts';
import { servingWorkers } from '@ringback/operations';
import { askHome, askShards, lostError, type ReachedShard } from '../reach/shards.ts';
import type { Reached } from '../reach/with-redis.ts';

export type KeptPlace = 'dead-letters' | 'quarantine';

type OpenOptions = {
  readonly place: KeptPlace;
  readonly reached: Reached;
  readonly output?: string | undefined;
  /** Of the history, if there is one. */
  readonly rest?: RestStore | undefined;
  /** It is only read: shards that do not answer are left out. */
  readonly reading: boolean;
};

/** What is kept on all shards together. @throws RingbackError RB_CONFIG_INVALID, RB_REDIS_UNAVAILABLE or RB_OUTPUT_UNKNOWN */
export async function withKept<T>(options: OpenOptions, work: (store: KeptStore) => Promise<T>): Promise<T> {
  const store = await open(options);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function open(options: OpenOptions): Promise<KeptStore> {
  const { place, reached, rest } = options;
  const inRedis = await openInRedis(options);
  if (rest === undefined) return inRedis;
  return joinResting(inRedis, openRestKept({ place, reached, rest, quarantine: createQuarantineReading(reached) }));
}

async function openInRedis({ place, reached, output, reading }: OpenOptions): Promise<KeptStore> {
  const { outputs } = reached;
  if (output !== undefined) {
    const known = [...(await askShards(reached, knownOutputs)).values()].flat();
    requireOutput(output, [...new Set([...outputs, ...known])]);
  }
  const served = createServed(reached, reading);
  const openOn =
    place === 'dead-letters'
      ? (shard: ReachedShard) => openDeadLetters({ ...shard, outputs, served })
      : createQuarantineOpener(reached);
  const stores = await askShards(reached, async (shard) => ({ shard, store: await openOn(shard) }));
  const all = [...stores.values()];
  const [only] = all;
  if (reached.count === 1 && only !== undefined) return only.store;
  return joinKeptStores(
    all.map(({ shard, store }) => ({ shard: shard.number, store: guardedStore(store, { shard, shards: reached, reading }) })),
  );
}

/** For a list, an output counts as served where that is not known: then its queue is left alone. */
function createServed(reached: Reached, reading: boolean): (output: string) => Promise<boolean> {
  return async (output) => {
    const running = await askHome(reached, runningProcesses);
    if (running === undefined && !reading) throw lostError(reached);
    return running === undefined || servingWorkers(running, output).length > 0;
  };
}

function createQuarantineOpener(reached: Reached): (shard: ReachedShard) => KeptStore {
  const reading = createQuarantineReading(reached);
  return ({ redis, prefix }) => openQuarantineStore({ redis, prefix, ...reading });
}

function createQuarantineReading({ settings, reached, count }: Reached) {
  const read = createReader(settings);
  const window = settings.dedupe.window;
  const ledgers = new Map(reached.map(({ number, redis, prefix }) => [number, createLedger({ redis, prefix, window })]));
  /** A claim stands on the shard of its own key, which for a business key may be another one. */
  async function release(batch: string, keys: readonly string[]): Promise<void> {
    for (const [number, own] of Map.groupBy(keys, (key) => shardOf(key, count))) await ledgers.get(number)?.release(batch, own);
  }
  return { read, release };
}

function createReader(settings: Config) {
  const { sources: configured, routes } = settings;
  const codec = bodyCodec(settings);
  const sources = new Map(createSources(configured).map((source) => [source.name, source]));
  const router = createRouter({ routes });

  function read(kept: QuarantinedCallback): Callback {
    const entry = codec.open(kept);
    const { id, source: name, account, time, receivedAt, type, encoding, about } = entry;
    const identity = { id, source: name, account, time, receivedAt };
    // It was queued before.
    if (type !== undefined && encoding === 'utf8')
      return { ...identity, type, body: entry.body, ...(about !== undefined && { about }) };
    const source = sources.get(name);
    if (!source) throw new RingbackError('RB_CONFIG_INVALID', `no source in the settings is called ${name}`);
    const { method = 'POST', path = '', query = '', headers = {} } = entry;
    return source.read({ ...identity, method, path, query, headers, body: Buffer.from(entry.body, encoding) });
  }

  return (entry: QuarantinedCallback): Callback => {
    const callback = read(entry);
    const { kept } = router.route(callback);
    if (kept === undefined) return codec.seal(callback);
    const reason = kept.code === 'RB_UNROUTED' ? `no route of these settings matches type ${callback.type}` : kept.reason;
    throw new RingbackError(kept.code, reason);
  };
}
