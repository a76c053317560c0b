import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ingressParts, partsAtOnce } from '@ringback/config';
import { type Callback, callbackKey, createSecret, groupCallbacks, placeOfKey } from '@ringback/contracts';
import { NO_ROWS } from '@ringback/history';
import { createBodyCodec, keyIds } from '@ringback/privacy';
import { openSpools } from '@ringback/spool';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { loadSettings } from '../reach/load-settings.ts';
import { callbackRow, T, withTestHistory } from '../search/test-history.ts';

const textOf = (name: string) => createHash('sha256').update(name).digest('base64');
const encrypt = (...names: string[]) => ({ keys: names.map((name) => ({ key: createSecret(textOf(name)) })), active: true });
const codecOf = (...names: string[]) => createBodyCodec(() => encrypt(...names));
export const [OLD = '', NEW = '', LOST = ''] = keyIds(encrypt('old', 'new', 'lost'));
const old = codecOf('old');
const THERE = { v: 1, from: 'b9', batch: 'b9' };

/** For tests: settings with a history and a spool, and keys of these names. */
export async function setUp() {
  const place = testRedis();
  const { history, file, cli } = await withTestHistory(place);
  const redis = new Redis(place.url, { maxRetriesPerRequest: null });
  const queue = new Queue('callbacks', { connection: redis, prefix: place.prefix });
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  const spool = join(dirname(file), 'spool.sqlite');
  const plain = await readFile(file, 'utf8');
  const use = (names: readonly string[], more = '') => {
    const keys = JSON.stringify(names.map((name) => ({ key: textOf(name) })));
    return writeFile(
      file,
      `${plain}ingress: { spool: { path: spool.sqlite } }\nprivacy: { encrypt: { keys: ${keys} ${more} } }\n`,
    );
  };
  const add = (id: string, ...names: string[]) =>
    queue.add(
      'x',
      { v: 1, groups: groupCallbacks(names.map((name) => codecOf(name).seal(testCallback(`${id}-${name}`)))) },
      { jobId: id },
    );
  const privacy = (...args: string[]) => cli('privacy', ...args);
  /** As an ingress says it of itself, with the settings of now. */
  const run = async () => {
    const parts = partsAtOnce(ingressParts(loadSettings({ path: file, env: { REDIS_URL: place.url } })));
    const running = { id: 'in', app: 'ingress', version: '1', host: 'a', pid: 7, startedAt: 1, parts };
    await redis.multi().set(`${place.prefix}:process:in`, JSON.stringify(running)).sadd(`${place.prefix}:processes`, 'in').exec();
  };
  return { ...place, history, redis, plain, file, spool, use, add, privacy, cli, run };
}

/** Bodies in callbacks, the history, at rest there and in the spool. */
export async function fill({ history, spool, add }: Awaited<ReturnType<typeof setUp>>): Promise<void> {
  await add('b1', 'old', 'old', 'new');
  await history.write({
    ...NO_ROWS,
    callbacks: [callbackRow('plain'), callbackRow('h1', old.seal(testCallback('h1', { receivedAt: T })))],
  });
  const parked = old.seal(testCallback('p1'));
  const { id: requestID, source, account, receivedAt } = parked;
  const key = callbackKey(parked);
  const own = {
    id: `b9.${key}`,
    kind: 'parked',
    key,
    place: placeOfKey(key),
    requestID,
    source,
    account,
    receivedAt,
    at: T,
  } as const;
  await history.rest.put([{ ...own, output: 'crm', payload: JSON.stringify({ ...THERE, callback: parked }) }]);
  putInSpool(spool, old.seal(testCallback('s1')));
}

export function putInSpool(spool: string, callback: Callback): void {
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const [kept] = openSpools({ path: spool, shards: 1, maxBytes: 2 ** 30, maxAge: 60_000, now: Date.now, logger });
  kept?.put({ id: 's1', callbacks: [callback] });
  kept?.close();
}
