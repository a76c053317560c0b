import { RingbackError } from '@ringback/contracts';
import { type KeptStore, knownOutputs, openDeadLetters, openQuarantineStore } from '@ringback/queue';
import { createSources } from '@ringback/sources';
import { connectRedis } from './connect-redis.ts';
import { requireOutput } from './known-output.ts';
import { type Env, loadSettings } from './load-settings.ts';
import { servingWorkers } from './serving-workers.ts';

export type KeptPlace = 'dead-letters' | 'quarantine';

type OpenOptions = {
  readonly place: KeptPlace;
  readonly path: string;
  readonly env: Env;
  /** The only output that is asked for. */
  readonly output?: string | undefined;
};

/**
 * Opens what waits for a person, in the Redis of the settings.
 * @throws RingbackError for unusable settings, RB_REDIS_UNAVAILABLE, or RB_OUTPUT_UNKNOWN: neither the settings nor Redis know the output
 */
export async function openKept({ place, path, env, output }: OpenOptions): Promise<KeptStore> {
  const settings = loadSettings({ path, env });
  const { prefix } = settings.redis;
  const sources = new Map(createSources(settings.sources).map((source) => [source.name, source]));
  const redis = await connectRedis(settings, env);
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
    if (output !== undefined) requireOutput(output, [...new Set([...outputs, ...(await knownOutputs({ redis, prefix }))])]);
    if (place === 'dead-letters') {
      const served = async (name: string) => (await servingWorkers({ redis, prefix }, name)).length > 0;
      return openDeadLetters({ redis, prefix, outputs, served });
    }
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
