import type { Config } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import { hasWriter } from '@ringback/history';
import { runningProcesses } from '@ringback/queue';
import { connectForCommand, shardsOf } from '@ringback/redis';
import { refusalFrom } from './shards.ts';

/**
 * For a history that is not at `path`. Redis knows whether a worker has made one, which is elsewhere then.
 * @throws RingbackError RB_HISTORY_UNAVAILABLE if so, or if it is not known
 */
export async function requireNoneMade(settings: Config['redis'], path: string): Promise<void> {
  const made = await isMade(settings).catch((error: unknown) => {
    const { code, message } = refusalFrom(error);
    const words = `no history at ${path}, and it is not known whether a worker has made one: ${code}: ${message}`;
    throw new RingbackError('RB_HISTORY_UNAVAILABLE', words, { cause: error });
  });
  if (!made) return;
  const words = `no history at ${path}, but a worker writes one: wrong path, or moved away?`;
  throw new RingbackError('RB_HISTORY_UNAVAILABLE', words);
}

/** Asks shard 0. */
async function isMade(settings: Config['redis']): Promise<boolean> {
  const [home] = shardsOf(settings);
  if (home === undefined) return false;
  const redis = await connectForCommand({ ...home, name: 'ringback-cli' });
  try {
    const shard = { redis, prefix: home.prefix };
    if (await hasWriter(shard)) return true;
    return (await runningProcesses(shard)).some(({ app, parts }) => app === 'worker' && 'history' in parts);
  } finally {
    redis.disconnect();
  }
}
