import type { DeliveryResult } from '@ringback/contracts';
import { expect, it } from 'vitest';
import { createAwayAlert, type LookEnd } from './redis-away.ts';

const ALERTS = { to: ['ops', 'log'], hold: 30_000, interval: 300_000, runbook: undefined };
const DOWN: DeliveryResult = { outcome: 'retry', failure: 'unavailable', reason: 'connection refused' };
const TAKEN: DeliveryResult = { outcome: 'delivered' };

function setUp(shards = 1) {
  const told: string[] = [];
  const lines: string[] = [];
  const answers = new Map<string, DeliveryResult>();
  const line = (_fields: object, message: string) => void lines.push(message);
  let time = 1_000_000;
  const served = ['crm', ...ALERTS.to].map((name) => ({
    output: {
      name,
      async deliver({ callback }: { callback: { id: string } }) {
        const answer = answers.get(name) ?? TAKEN;
        if (answer.outcome === 'delivered') told.push(`${name} ${callback.id}`);
        return answer;
      },
    },
    settings: { delivery: { timeout: 1000 } },
  }));
  const logger = { info: line, warn: line, error: line };
  const alert = createAwayAlert({ place: 'Redis', shards, outputs: () => served, now: () => time, logger });
  /** One look every 20 s. */
  async function looks(...ends: LookEnd[]): Promise<string[]> {
    told.length = 0;
    for (const end of ends) {
      time += 20_000;
      await alert.looked(end, ALERTS);
    }
    return [...told];
  }
  return { looks, answers, lines };
}

it('the worker that led tells once that Redis is away for as long as `hold`, and once that it is back', async () => {
  const { looks, lines } = setUp();
  expect(await looks('leads', 'away', 'leads', 'away', 'away')).toEqual([]);
  expect(await looks('away', 'away')).toEqual(['ops redis-away///n5c0/firing', 'log redis-away///n5c0/firing']);
  // Another worker leads after it.
  expect(await looks('follows', 'follows', 'follows', 'follows')).toEqual([
    'ops redis-away///n5c0/resolved',
    'log redis-away///n5c0/resolved',
  ]);
  expect(lines).toEqual(['alert', 'alert is over']);
});

it('a worker that did not lead tells nothing, nor does one whose look failed for another reason', async () => {
  expect(await setUp().looks('follows', 'away', 'away', 'away', 'away')).toEqual([]);
  expect(await setUp().looks('leads', 'failed', 'failed', 'failed', 'failed')).toEqual([]);
});

it('does not tell it again within `interval`', async () => {
  const { looks } = setUp();
  const outage: LookEnd[] = ['leads', 'away', 'away', 'away'];
  expect(await looks(...outage)).toHaveLength(2);
  const isOver: LookEnd[] = ['leads', 'leads', 'leads'];
  expect((await looks(...isOver)).every((told) => told.endsWith('resolved'))).toBe(true);
  expect(await looks(...outage, ...isOver)).toEqual([]);
  const lasts = Array.from({ length: 20 }, (): LookEnd => 'away');
  expect(await looks('leads', ...lasts)).toHaveLength(2);
});

it('an output that is down is told when it is up, and hears of an end only if it heard of the begin', async () => {
  const { looks, answers, lines } = setUp(4);
  const began = 'redis-away/shard/0/magw/firing';
  answers.set('ops', DOWN).set('log', DOWN);
  expect(await looks('leads', 'away', 'away', 'away', 'away')).toEqual([]);
  answers.delete('log');
  expect(await looks('away', 'away')).toEqual([`log ${began}`]);
  answers.set('log', DOWN);
  expect(await looks('leads', 'leads', 'leads')).toEqual([]);
  answers.clear();
  expect(await looks('leads', 'leads')).toEqual(['log redis-away/shard/0/magw/resolved']);
  const lost = lines.filter((line) => line === 'an alert did not reach its output');
  expect(lost).toHaveLength(3);
});
