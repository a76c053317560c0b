import { once } from 'node:events';
import { Redis } from 'ioredis';

const ENDS_WITHIN_MS = 3000;

/**
 * Ends a server left by an earlier start on the same folder: two servers would ruin the append-only file.
 * @throws Error if it does not end
 */
export async function endLeftOver(dir: string, { port, password }: { port: number; password: string }): Promise<void> {
  const when = { lazyConnect: true, retryStrategy: null, commandTimeout: ENDS_WITHIN_MS };
  const redis = new Redis({ port, host: '127.0.0.1', password, ...when });
  redis.on('error', () => {});
  try {
    await redis.connect();
  } catch {
    return; // nobody there
  }
  const gone = new Promise<void>((resolve) => redis.once('end', resolve));
  const late = AbortSignal.timeout(ENDS_WITHIN_MS);
  try {
    const [, itsDir] = await redis.config('GET', 'dir');
    if (itsDir !== dir) return;
    redis.shutdown().catch(() => {}); // The answer is a closed connection
    await Promise.race([gone, once(late, 'abort').then(() => Promise.reject(new Error('it did not end')))]);
  } catch (cause) {
    throw new Error(`The Redis on port ${port}, left behind by an earlier start, does not answer: end it, then start again.`, {
      cause,
    });
  } finally {
    redis.disconnect();
  }
}
