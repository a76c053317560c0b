import { handOver, killPrimary, startCluster, startSlotMove } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { installOn } from './failover-load.ts';
import { printed } from './commands.ts';

it('with a Redis Cluster, nothing acked is lost when a primary is killed or hands over or our slot moves, and service returns by itself', async () => {
  const set = await startCluster();
  const { survives, env, ingress, worker } = await installOn(set);
  expect(await printed(env, 'outputs')).toContain('crm');

  await survives('killed', () => killPrimary(set));
  await survives('handed over', () => handOver(set));
  await survives('moved', async () => {
    const move = await startSlotMove(set);
    await move.keys();
    await move.finish();
  });
  for (const { process } of [ingress, worker]) await process.line('redis has another primary');
  expect(worker.process.lines.filter(({ code }) => code === 'RB_WORKER_STUCK')).toEqual([]);
}, 300_000);
