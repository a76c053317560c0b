import { postCallback, taskBody } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { DEADLINE, setUpHistory } from './history-world.ts';

it('keeps what became of each callback', async () => {
  const { sink, startIngress, startWorker, open } = await setUpHistory();
  sink.answer((count) => (count === 1 ? { status: 500, body: 'oops' } : { status: 200 }));
  const [ingress] = await Promise.all([startIngress(), startWorker()]);
  const body = taskBody({ taskStatus: 1 });
  const post = (requestID: string) => postCallback({ ingress: ingress.url, requestID, body });
  expect(await post('one')).toMatchObject({ status: 200 });
  const store = await open();
  await vi.waitFor(async () => {
    const found = await store.find({ id: 'one' }, { limit: 10, bodies: true });
    expect(found).toMatchObject([{ id: 'one', body, deliveries: [{ output: 'crm', state: 'delivered' }] }]);
  }, DEADLINE);
  await post('one');
  await vi.waitFor(async () => {
    const [found] = await store.find({ id: 'one' }, { limit: 10 });
    expect(found?.repeats).toEqual({ duplicates: 1, conflicts: 0 });
  }, DEADLINE);
  const refs = await store.find({ id: 'one' }, { limit: 10 });
  const [story] = await store.stories(refs);
  expect(story?.attempts).toMatchObject([
    { output: 'crm', number: 1, outcome: 'retry', status: 500, reason: 'HTTP 500', nextAt: expect.any(Number) },
    { output: 'crm', number: 2, outcome: 'delivered', status: 200 },
  ]);
  expect(story?.attempts[0]).not.toHaveProperty('answer', 'oops');
});

it('counts what the ingress refused, by source and code', async () => {
  const { startIngress, startWorker, open } = await setUpHistory();
  const [ingress] = await Promise.all([startIngress(), startWorker()]);
  const [unsigned, unknown] = ['callbot', 'nowhere'].map((path) => `${ingress.url}/${path}`);
  for (const url of [unsigned, unsigned, unknown]) await fetch(String(url), { method: 'POST', body: '{}' });
  // The counts of a minute come when it is over, or when the ingress stops.
  await ingress.process.stop();
  const store = await open();
  await vi.waitFor(async () => {
    const rows = await store.refusals({ since: 0, until: Number.MAX_SAFE_INTEGER });
    const sums = new Map<string, number>();
    for (const { source, code, count } of rows) sums.set(`${source} ${code}`, (sums.get(`${source} ${code}`) ?? 0) + count);
    expect(Object.fromEntries(sums)).toEqual({ 'callbot RB_HEADER_MISSING': 2, 'undefined RB_PATH_UNKNOWN': 1 });
  }, DEADLINE);
});
