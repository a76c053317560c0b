import { createMetrics } from '@ringback/observability';
import { NO_BACKLOG } from '@ringback/queue';
import { expect, it } from 'vitest';
import type { ShardFacts } from './read-shard.ts';
import { createRedisGauges } from './redis.ts';

function shard(lost: number, dropped: number): ShardFacts {
  const backlog = new Map([['crm', { ...NO_BACKLOG, dropped }]]);
  const unkept = lost === 0 ? [] : [{ name: 'RB_UNROUTED', count: lost }];
  return { queues: new Map(), backlog, unkept, roundTrip: 1, now: 1 };
}

it('counters begin at 0 once every shard has answered, and do not fall while one is away', async () => {
  const metrics = createMetrics({ app: 'worker', version: '1' });
  const outputs = ['crm'];
  const show = createRedisGauges(metrics, () => outputs);
  const shown = async (...shards: (ShardFacts | undefined)[]) => {
    show(shards);
    const values = (await metrics.text()).matchAll(
      /^ringback_(?:callbacks_lost|deliveries_dropped)_total\{\w+="(\w+)"\} (\d+)$/gm,
    );
    return Object.fromEntries([...values].map(([, label, value]) => [label, Number(value)]));
  };
  const none = { RB_CONDITION_OVERRUN: 0, RB_REQUEST_ID_REUSED: 0 };
  expect(await shown(shard(0, 0), undefined)).toEqual({});
  expect(await shown(shard(0, 0), shard(0, 0))).toEqual({ ...none, RB_UNROUTED: 0, crm: 0 });
  expect(await shown(shard(1, 2), shard(4, 8))).toEqual({ ...none, RB_UNROUTED: 5, crm: 10 });
  outputs.push('added');
  expect(await shown(shard(2, 2), undefined)).toEqual({ ...none, RB_UNROUTED: 6, crm: 10, added: 0 });
  expect(await shown(undefined, undefined)).toEqual({ ...none, RB_UNROUTED: 6, crm: 10, added: 0 });
});
