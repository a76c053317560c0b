import { printed, startCluster, startSlotMove } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { installOn, replaced } from './failover-load.ts';

it('with a Redis Cluster, nothing acked is lost when a primary is killed or hangs or our slot moves, and service returns by itself', async () => {
  const set = await startCluster();
  const { survives, env, ingress, worker } = await installOn(set);
  expect(await printed(env, 'outputs')).toContain('crm');

  await survives('killed', async () => {
    const primary = await set.primary();
    await primary.kill();
    await replaced(set, primary);
    // What a supervisor does. It comes back as a replica.
    await primary.start();
  });
  await survives('hung', async () => {
    const primary = await set.primary();
    primary.pause();
    await replaced(set, primary);
    primary.resume();
  });
  await survives('handed over', () => set.failOver());
  await survives('moved', async () => {
    const move = await startSlotMove(set);
    await move.keys();
    await move.finish();
  });
  for (const { process } of [ingress, worker]) await process.line('redis has another primary');
  expect(worker.process.lines.filter(({ code }) => code === 'RB_WORKER_STUCK')).toEqual([]);
}, 300_000);
