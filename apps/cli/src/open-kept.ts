import { RingbackError } from '@ringback/contracts';
import { type KeptStore, openDeadLetters, openQuarantineStore } from '@ringback/queue';
import { createSources } from '@ringback/sources';
import { connectRedis } from './connect-redis.ts';
import { type Env, loadSettings } from './load-settings.ts';

export type KeptPlace = 'dead-letters' | 'quarantine';

/**
 * Opens what waits for a person, in the Redis of the settings.
 * @throws RingbackError for unusable settings, or RB_REDIS_UNAVAILABLE
 */
export async function openKept({ place, path, env }: { place: KeptPlace; path: string; env: Env }): Promise<KeptStore> {
  const settings = loadSettings({ path, env });
  const { prefix } = settings.redis;
  const sources = new Map(createSources(settings.sources).map((source) => [source.name, source]));
  const redis = await connectRedis(settings, env);
  const store = await open();
  return {
    ...store,
    async close() {
      await store.close();
      redis.disconnect();
    },
  };

  async function open(): Promise<KeptStore> {
    if (place === 'dead-letters') return openDeadLetters({ redis, prefix, outputs: settings.outputs.map(({ name }) => name) });
    return openQuarantineStore({
      redis,
      prefix,
      read({ body, encoding, path: cameTo = '', ...request }) {
        const source = sources.get(request.source);
        if (source) return source.read({ ...request, path: cameTo, body: Buffer.from(body, encoding) });
        throw new RingbackError('RB_CONFIG_INVALID', `no source in the settings is called ${request.source}`);
      },
    });
  }
}
