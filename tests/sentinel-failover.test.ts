import { handOver, hangPrimary, startSentinelSet } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { installOn } from './failover-load.ts';
import { printed } from './commands.ts';

it('with Sentinel, nothing acked is lost when a primary hangs or hands over, and service returns by itself', async () => {
  const set = await startSentinelSet();
  const { survives, env, ingress, worker } = await installOn(set);
  expect(await printed(env, 'outputs')).toContain('crm');

  await survives('hung', () => hangPrimary(set));
  await survives('handed over', () => handOver(set));
  for (const { process } of [ingress, worker]) await process.line('redis has another primary');
  expect(worker.process.lines.filter(({ code }) => code === 'RB_WORKER_STUCK')).toEqual([]);
}, 300_000);
