import { setTimeout as delay } from 'node:timers/promises';
import { postCallback, taskBody } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { DEADLINE, setUpHistory } from './history-world.ts';

const CALLBACKS = 300;

it('has each acked callback once, as delivered with its attempt, after a worker was killed under load', async () => {
  const { sink, startIngress, startWorker, open } = await setUpHistory({ worker: 'lockDuration: 2s' });
  const [ingress, { process }] = await Promise.all([startIngress(), startWorker(), startWorker()]);
  const acked: string[] = [];
  const ids = Array.from({ length: CALLBACKS }, (_, n) => `k-${n}`).values();
  const send = async () => {
    for (const requestID of ids) {
      const { status } = await postCallback({ ingress: ingress.url, requestID, body: taskBody({ taskStatus: 1 }) });
      if (status === 200) acked.push(requestID);
      await delay(10);
    }
  };
  const sending = Promise.all([send(), send()]);
  await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(CALLBACKS / 4), DEADLINE);
  await process.stop('SIGKILL');
  await sending;
  expect(acked).toHaveLength(CALLBACKS);
  const store = await open();
  await vi.waitFor(async () => expect(await store.count({ state: 'delivered' })).toBe(CALLBACKS), DEADLINE);
  expect(await store.count({})).toBe(CALLBACKS);
  const stories = await store.stories(await store.find({}, { limit: CALLBACKS }));
  const arrivals = Map.groupBy(sink.requests, ({ headers }) => headers['webhook-id']);
  for (const { key, deliveries, attempts } of stories) {
    expect(deliveries).toMatchObject([{ output: 'crm', state: 'delivered' }]);
    const delivered = attempts.filter(({ outcome }) => outcome === 'delivered').length;
    expect(delivered).toBeGreaterThan(0);
    // A kill between the answer and its record repeats a delivery, and its attempt.
    expect(delivered).toBeLessThanOrEqual(arrivals.get(`msg_${key}`)?.length ?? 0);
  }
});
