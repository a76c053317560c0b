import type { Config } from '@ringback/config';
import { type Callback, type QuarantinedCallback, RingbackError } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { type KeptStore, knownOutputs, openDeadLetters, openQuarantineStore } from '@ringback/queue';
import { shardsOf } from '@ringback/redis';
import { createRouter } from '@ringback/routing';
import { createSources } from '@ringback/sources';
import { connectRedis } from './connect-redis.ts';
import { requireOutput } from './known-output.ts';
import { type Env, loadSettings } from './load-settings.ts';
import { requireShardCount } from './require-shard-count.ts';
import { servingWorkers } from './serving-workers.ts';

export type KeptPlace = 'dead-letters' | 'quarantine';

type OpenOptions = {
  readonly place: KeptPlace;
  readonly path: string;
  readonly env: Env;
  readonly output?: string | undefined;
};

/**
 * @throws RingbackError RB_CONFIG_INVALID, RB_REDIS_UNAVAILABLE, RB_SHARDS_DIFFER, RB_RESHARDING or
 * RB_OUTPUT_UNKNOWN
 */
export async function openKept({ place, path, env, output }: OpenOptions): Promise<KeptStore> {
  const settings = loadSettings({ path, env });
  const [shard] = shardsOf(settings.redis);
  const { prefix } = shard;
  const redis = await connectRedis(shard, env);
  const outputs = settings.outputs.map(({ name }) => name);
  const store = await open().catch((error: unknown) => {
    redis.disconnect();
    throw error;
  });
  return {
    ...store,
    async close() {
      await store.close();
      redis.disconnect();
    },
  };

  async function open(): Promise<KeptStore> {
    await requireShardCount({ redis, prefix }, settings.redis);
    if (output !== undefined) requireOutput(output, [...new Set([...outputs, ...(await knownOutputs({ redis, prefix }))])]);
    if (place === 'dead-letters') {
      const served = async (name: string) => (await servingWorkers({ redis, prefix }, name)).length > 0;
      return openDeadLetters({ redis, prefix, outputs, served });
    }
    const ledger = createLedger({ redis, prefix, window: settings.dedupe.window });
    return openQuarantineStore({
      redis,
      prefix,
      read: createReader(settings),
      release: (batch, keys) => ledger.release(batch, keys),
    });
  }
}

function createReader({ sources: configured, routes }: Config) {
  const sources = new Map(createSources(configured).map((source) => [source.name, source]));
  const router = createRouter({ routes });

  function read(entry: QuarantinedCallback): Callback {
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
    if (kept === undefined) return callback;
    const reason = kept.code === 'RB_UNROUTED' ? `no route of these settings matches type ${callback.type}` : kept.reason;
    throw new RingbackError(kept.code, reason);
  };
}
