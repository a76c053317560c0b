import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { postCallback, startRedisServer, taskBody } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DEADLINE, setUpHistory } from './history-world.ts';
import { undocumented } from './documented-lines.ts';

const MAXMEMORY = 64;
/** More than the stream may have of such a Redis. */
const BIG = { callbacks: 700, body: taskBody({ taskStatus: 1, filler: 'x'.repeat(30_000) }) };

type Lines = readonly Readonly<Record<string, unknown>>[];
const messages = (lines: Lines, message: string) => lines.filter(({ msg }) => msg === message);

/** Another program has the file for itself. */
function lock(path: string): () => void {
  const file = new DatabaseSync(path, { timeout: 20_000 });
  onTestFinished(() => file.close());
  file.exec('BEGIN IMMEDIATE');
  return () => file.exec('ROLLBACK');
}

it('delivers while the store is away at the start, logs it once, and writes all once it can be opened', async () => {
  const { sink, startIngress, startWorker, open, folder } = await setUpHistory({ file: 'blocked/history.sqlite' });
  writeFileSync(join(folder, 'blocked'), 'a file where a folder should be');
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  for (const requestID of ['one', 'two'])
    expect(await postCallback({ ingress: ingress.url, requestID, body: taskBody({ taskStatus: 1 }) })).toMatchObject({
      status: 200,
    });
  await vi.waitFor(() => expect(sink.requests).toHaveLength(2), DEADLINE);
  await worker.process.line('the history cannot be opened: events wait in Redis');
  rmSync(join(folder, 'blocked'));
  await worker.process.line('the history is open');
  const store = await open();
  await vi.waitFor(async () => expect(await store.count({ state: 'delivered' })).toBe(2), DEADLINE);
  expect(messages(worker.process.lines, 'the history cannot be opened: events wait in Redis')).toHaveLength(1);
  expect(undocumented([...ingress.process.lines, ...worker.process.lines])).toEqual([]);
});

it('neither refuses nor delays a callback while the store hangs and Redis is small, and shows the gap afterwards', async () => {
  const redis = await startRedisServer({ settings: ['--maxmemory', `${MAXMEMORY}mb`] });
  const { sink, startIngress, startWorker, open, path } = await setUpHistory({ redis, worker: 'concurrency: 4' });
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  const store = await open();
  const release = lock(path);
  const statuses = new Map<number, number>();
  const ids = Array.from({ length: BIG.callbacks }, (_, n) => `big-${n}`).values();
  const send = async () => {
    for (const requestID of ids) {
      const { status } = await postCallback({ ingress: ingress.url, requestID, body: BIG.body });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 8 }, send));
  expect(Object.fromEntries(statuses)).toEqual({ 200: BIG.callbacks });
  await vi.waitFor(() => expect(sink.requests).toHaveLength(BIG.callbacks), DEADLINE);
  const begun = messages(
    worker.process.lines,
    'the buffer of the history is full, or Redis is short of memory: the history gets a gap',
  );
  expect(begun).toMatchObject([{ code: 'RB_HISTORY_GAP' }]);
  release();
  await vi.waitFor(async () => {
    const { gaps, callbacks } = await store.status();
    const missing = gaps.reduce((sum, gap) => sum + gap.callbacks, 0);
    expect(missing).toBeGreaterThan(0);
    expect(callbacks + missing).toBeGreaterThanOrEqual(BIG.callbacks);
    expect(callbacks).toBeGreaterThan(0);
  }, DEADLINE);
  await worker.process.line('the gap of the history is over');
  expect(undocumented([...ingress.process.lines, ...worker.process.lines])).toEqual([]);
});
