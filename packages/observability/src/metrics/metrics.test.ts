import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

const linesOf = async (metrics: ReturnType<typeof createMetrics>, name: string) =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(name));

it('shows what runs, and Node’s own', async () => {
  const metrics = createMetrics({ app: 'worker', version: '1.2.3' });
  const [build] = await linesOf(metrics, 'ringback_build_info');
  expect(build).toBe(`ringback_build_info{app="worker",version="1.2.3",node="${process.version}"} 1`);
  expect(await linesOf(metrics, 'nodejs_eventloop_lag_p99_seconds')).toHaveLength(1);
});

it('two registries share nothing, and the same labels are the same count', async () => {
  const [one, other] = ['ingress', 'worker'].map((app) => createMetrics({ app, version: '1' }));
  const named = { name: 'ringback_things_total', help: 'Things.', labels: ['kind'] };
  const counter = one?.counter(named);
  other?.counter(named);
  for (const by of [1, 2]) (counter?.of({ kind: 'a' }) ?? { value: 0 }).value += by;
  expect(one && (await linesOf(one, 'ringback_things_total'))).toEqual(['ringback_things_total{kind="a"} 3']);
  expect(other && (await linesOf(other, 'ringback_things_total'))).toEqual([]);
});

it('asks before each scrape, leaves out what is not known, and survives work that fails', async () => {
  const metrics = createMetrics({ app: 'worker', version: '1' });
  const gauge = metrics.gauge({ name: 'ringback_level', help: 'A level.' });
  const perQueue = metrics.gauge({ name: 'ringback_wait', help: 'A wait.', labels: ['queue'] });
  let level: number | undefined = 7;
  metrics.before(() => Promise.reject(new Error('it does not answer')));
  metrics.before(() => {
    gauge.replace(level === undefined ? [] : [{ value: level }]);
    perQueue.replace(level === undefined ? [] : [{ labels: { queue: 'a' }, value: level }]);
  });
  const values = async () => [...(await linesOf(metrics, 'ringback_level')), ...(await linesOf(metrics, 'ringback_wait'))];
  expect(await values()).toEqual(['ringback_level 7', 'ringback_wait{queue="a"} 7']);
  level = undefined;
  expect(await values()).toEqual([]);
});

it('a histogram is there before its first value, once for the same labels', async () => {
  const metrics = createMetrics({ app: 'worker', version: '1' });
  const histogram = metrics.histogram({ name: 'ringback_took_seconds', help: 'A time.', labels: ['output'], buckets: [1, 5] });
  histogram.of({ output: 'crm' }).observe(2);
  histogram.of({ output: 'crm' }).observe(7);
  histogram.of({ output: 'ops' });
  const lines = await linesOf(metrics, 'ringback_took_seconds');
  expect(lines).toContain('ringback_took_seconds_bucket{le="5",output="crm"} 1');
  expect(lines).toContain('ringback_took_seconds_count{output="crm"} 2');
  expect(lines).toContain('ringback_took_seconds_count{output="ops"} 0');
});
