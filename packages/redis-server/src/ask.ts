import { Redis } from 'ioredis';

const ANSWERS_WITHIN_MS = 2000;

/**
 * Runs one command on one server. A connection for each: any server may be killed or hang at any time.
 * @throws Error of Redis or of the connection, after 2 s at the latest
 */
export async function askRedis(url: string, command: string, ...args: readonly (string | number)[]): Promise<unknown> {
  const patience = { connectTimeout: ANSWERS_WITHIN_MS, commandTimeout: ANSWERS_WITHIN_MS };
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, ...patience });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
}
