import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createMetrics } from '@ringback/observability';
import { SLOW_ACK_MS } from '@ringback/queue';
import { expect, it } from 'vitest';
import { OUR_FAULT } from './error-table.ts';
import { createIngressMetrics } from './metrics.ts';

it('10 000 types, paths and sources that a sender makes up add one series', async () => {
  const { count, text } = createIngressMetrics(
    createMetrics({ app: 'ingress', version: '1' }),
    new Map([['callbot', ['callbot.order']]]),
  );
  const series = async () => (await text()).split('\n').filter((line) => line.startsWith('ringback_callbacks_received_total'));
  count({ source: 'callbot', type: 'callbot.order', result: 'acked', ms: 3 });
  count({ source: randomUUID(), result: 'refused', code: 'RB_PATH_UNKNOWN' });
  const before = await series();
  for (let number = 0; number < 10_000; number += 1) {
    count({ source: 'callbot', type: randomUUID(), result: 'acked', ms: 3 });
    count({ source: randomUUID(), type: randomUUID(), result: 'refused', code: 'RB_PATH_UNKNOWN' });
  }
  const after = await series();
  expect(after).toHaveLength(before.length);
  expect(after).toContain('ringback_callbacks_received_total{source="callbot",type="other",result="acked",reason="none"} 10000');
  expect(after).toContain(
    'ringback_callbacks_received_total{source="none",type="none",result="refused",reason="RB_PATH_UNKNOWN"} 10001',
  );
});

it('each refusal that is our fault is shown at 0 from the start, and for a source that a reload adds', async () => {
  const { know, text } = createIngressMetrics(createMetrics({ app: 'ingress', version: '1' }), new Map([['callbot', []]]));
  const zero = (source: string) =>
    OUR_FAULT.map(
      (reason) => `ringback_callbacks_received_total{source="${source}",type="none",result="refused",reason="${reason}"} 0`,
    );
  expect((await text()).split('\n')).toEqual(expect.arrayContaining([...zero('callbot'), ...zero('none')]));
  know(new Map([['shop', []]]));
  expect((await text()).split('\n')).toEqual(expect.arrayContaining([...zero('callbot'), ...zero('shop')]));
});

it('the slow acks that a process tells of are those beyond the bucket that the rules of Prometheus name', async () => {
  const { count, totals, text } = createIngressMetrics(createMetrics({ app: 'ingress', version: '1' }), new Map());
  for (const ms of [1, SLOW_ACK_MS, SLOW_ACK_MS + 1, 5000]) count({ result: 'acked', ms });
  expect(totals().slow).toBe(2);
  expect(await text()).toContain(`ringback_ack_seconds_bucket{le="${SLOW_ACK_MS / 1000}"} 2\n`);
  const rules = readFileSync(new URL('../../../deploy/monitoring/rules.yaml', import.meta.url), 'utf8');
  const named = [...rules.matchAll(/ringback_ack_seconds_bucket\{le="([^"]+)"\}/g)].map(([, le]) => Number(le));
  expect(new Set(named)).toEqual(new Set([SLOW_ACK_MS / 1000]));
});
