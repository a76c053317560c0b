import { historyKeys, ledgerKeyStart } from '@ringback/redis';
import type { Redis } from 'ioredis';
import type { Finding } from './finding.ts';
import { mebibytes } from './server.ts';

type Place = { readonly redis: Redis; readonly prefix: string };

const BIG_FROM_BYTES = 128 * 1024 * 1024;
const MOST_KEYS = 2000;
const MOST_MS = 1500;
const SCAN_COUNT = 500;
const SHOWN = 5;

type Key = { readonly key: string; readonly bytes: number };

/** Looks at keys of ours for at most 1.5 s. Claims are small, and the history's stream has a bound of its own. */
export async function findBigKeys({ redis, prefix }: Place, { from = BIG_FROM_BYTES, mostMs = MOST_MS } = {}): Promise<Finding> {
  const subject = `keys ${prefix}:*`;
  const sized: Key[] = [];
  const until = performance.now() + mostMs;
  const own = new Set([historyKeys(prefix).stream]);
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}:*`, 'COUNT', SCAN_COUNT);
    cursor = next;
    const wanted = keys.filter((key) => !key.startsWith(ledgerKeyStart(prefix)) && !own.has(key));
    sized.push(...(await Promise.all(wanted.map(async (key) => ({ key, bytes: await sizeOf(redis, key) })))));
  } while (cursor !== '0' && sized.length < MOST_KEYS && performance.now() < until);
  const looked = `${sized.length} keys looked at${cursor === '0' ? '' : ', not all'}`;
  const big = sized.filter(({ bytes }) => bytes >= from).toSorted((a, b) => b.bytes - a.bytes);
  if (big.length === 0) return { severity: 'ok', subject, text: `none takes more than ${mebibytes(from)} (${looked})` };
  const named = big.slice(0, SHOWN).map(({ key, bytes }) => `${key} ${mebibytes(bytes)}`);
  return {
    severity: 'warning',
    subject,
    text: `${big.length} take more than ${mebibytes(from)}: ${named.join(', ')} (${looked})`,
    mend: 'ringback outputs says for what deliveries wait; dead-letters and quarantine can be delivered or dropped',
  };
}

/** 0 if it has gone meanwhile. */
async function sizeOf(redis: Redis, key: string): Promise<number> {
  return (await redis.memory('USAGE', key, 'SAMPLES', 5)) ?? 0;
}
