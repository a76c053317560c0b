import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInstallation, interfaceSettings, postCallback, startRedisServer, taskBody, testRedis } from '@ringback/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkMetrics } from './promtool.ts';

const DEADLINE = { timeout: 60_000, interval: 100 };

async function setUp(redis: { url: string; prefix: string } = testRedis()) {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-metrics-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { url, prefix } = redis;
  const ingress = `spool: { path: ${folder}/spool.sqlite }`;
  const settings = (crmUrl: string) =>
    `${interfaceSettings({ crmUrl, prefix, ingress })}\nhistory: { store: sqlite, path: ${folder}/history.sqlite }\n`;
  const installation = await createInstallation({ redisUrl: url, settings });
  const [own, worker] = await Promise.all([installation.startIngress(), installation.startWorker()]);
  return { ...installation, url: own.url, ingress: pageOf(own.adminUrl), worker: pageOf(worker.adminUrl) };
}

const pageOf = (adminUrl: string) => async () => (await fetch(new URL('/metrics', adminUrl))).text();

/** The values of a page, by name and labels. */
function valuesOf(page: string): ReadonlyMap<string, number> {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

const namesOf = (page: string) => [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);

/** Over all series whose text has all of these parts. */
function sum(page: string, ...parts: string[]): number {
  const fitting = [...valuesOf(page)].filter(([series]) => parts.every((part) => series.includes(part)));
  return fitting.reduce((total, [, value]) => total + value, 0);
}

const received = (page: string, ...labels: string[]) => sum(page, 'ringback_callbacks_received_total', ...labels);
const delivered = (page: string, ...labels: string[]) => sum(page, 'ringback_deliveries_total', ...labels);

/** `name type` of each row of the tables in docs/metrics.md. */
function documented(): string[] {
  const text = readFileSync(join(import.meta.dirname, '../docs/metrics.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (`[^|]+`) \| (counter|gauge|histogram) \|/gm)];
  return rows.flatMap(([, names = '', type]) => [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => `${name} ${type}`));
}

const COUNTERS = documented().flatMap((row) => /^(ringback_\S+) counter$/.exec(row)?.[1] ?? []);
const OF_BOTH = ['ringback_log_lines_dropped_total', 'ringback_settings_reloads_total', 'ringback_spans_total'];
const FIRST_OF_INGRESS = ['ringback_callbacks_received_total', ...OF_BOTH].toSorted();
const FIRST_OF_WORKER = COUNTERS.filter((name) => name !== 'ringback_callbacks_received_total').toSorted();

/** Without those of Node: a kind of garbage collection that comes first adds nine. */
const ownSeries = (page: string) => [...valuesOf(page).keys()].filter((series) => series.startsWith('ringback_')).length;

/** Counters that are shown before their first event: Prometheus sees no increase without a zero. */
function atZero(page: string): string[] {
  const zero = [...valuesOf(page)].filter(([, value]) => value === 0).map(([series]) => series.split('{')[0] ?? '');
  return COUNTERS.filter((name) => zero.includes(name)).toSorted();
}

describe('under load', () => {
  it(
    'the numbers are what was sent, the names those of the page, and promtool has nothing to say',
    { timeout: 240_000 },
    async () => {
      const { sink, url, ingress, worker } = await setUp();
      await vi.waitFor(async () => expect(atZero(await worker())).toEqual(FIRST_OF_WORKER), DEADLINE);
      expect(atZero(await ingress())).toEqual(FIRST_OF_INGRESS);
      sink.answer((count) => (count <= 2 ? 500 : 200));
      const post = (requestID: string, body = taskBody({ taskStatus: 1 })) => postCallback({ ingress: url, requestID, body });
      const scrapes: Promise<string>[] = [];
      for (let turn = 0; turn < 5; turn += 1) {
        const ids = Array.from({ length: 20 }, (_, number) => `call-${turn}-${number}`);
        scrapes.push(ingress(), worker());
        await Promise.all(ids.map((id) => post(id)));
      }
      expect(await post('call-0-0')).toMatchObject({ status: 200 });
      await post('call-0-1', taskBody({ taskStatus: 2 }));
      await Promise.all([1, 2, 3].map(() => fetch(new URL('/api/v3/taskCallback', url), { method: 'POST', body: '{}' })));
      const before = ownSeries(await ingress());
      await Promise.all(Array.from({ length: 100 }, () => refused(url)));
      await Promise.all(scrapes);

      await vi.waitFor(async () => {
        const page = await worker();
        expect(delivered(page, 'outcome="delivered"', 'output="crm"')).toBe(100);
        expect(sum(page, 'ringback_callbacks_dispatched_total')).toBe(102);
      }, DEADLINE);
      const [ofIngress, ofWorker] = await Promise.all([ingress(), worker()]);
      expect(received(ofIngress, 'result="acked"', 'type="callbot.task.', 'source="callbot"')).toBe(102);
      expect(received(ofIngress, 'RB_HEADER_MISSING', 'source="callbot"')).toBe(3);
      expect(received(ofIngress, 'result="refused"')).toBe(103);
      expect(sum(ofIngress, 'ringback_ack_seconds_count')).toBe(102);
      expect(sum(ofIngress, 'ringback_group_size_sum')).toBe(102);
      expect(ownSeries(ofIngress)).toBeLessThanOrEqual(before + 2);
      expect(sum(ofWorker, 'dispatched_total', '"duplicate"')).toBe(1);
      expect(sum(ofWorker, 'dispatched_total', '"conflict"')).toBe(1);
      expect(delivered(ofWorker)).toBe(sink.requests.length);
      expect(delivered(ofWorker, 'outcome="retry"', 'reason="error"')).toBe(2);
      expect(sum(ofWorker, 'ringback_attempt_seconds_count')).toBe(102);
      expect(sum(ofWorker, 'ringback_ack_to_delivery_seconds_count')).toBe(100);
      expect(sum(ofWorker, 'ringback_output_state{output="crm",state="running"}')).toBe(1);
      await vi.waitFor(async () => expect(sum(await worker(), 'queue_waiting{queue="quarantine"}')).toBe(1), DEADLINE);

      const pages = [ofIngress, ofWorker];
      expect([...new Set(pages.flatMap(namesOf))].toSorted()).toEqual(documented().toSorted());
      for (const page of pages) expect(await checkMetrics(page)).toEqual({ code: 0, said: '' });
    },
  );
});

/** A path and an account that nobody knows. */
function refused(url: string): Promise<unknown> {
  const unknown = randomUUID();
  return fetch(new URL(`/${unknown}`, url), { method: 'POST', body: '{}', headers: { uuid: unknown, requestId: unknown } });
}

it('with Redis away both answer in time, and leave out what they cannot know', { timeout: 120_000 }, async () => {
  const redis = await startRedisServer();
  const { ingress, worker } = await setUp({ url: redis.url, prefix: 'metrics' });
  await vi.waitFor(async () => expect(await worker()).toContain('ringback_queue_waiting{queue="callbacks"} 0'), DEADLINE);
  await redis.stop();
  await vi.waitFor(async () => {
    const page = await worker();
    expect(page).not.toContain('ringback_queue_waiting{');
    expect(valuesOf(page).get('ringback_redis_shards_unread')).toBe(1);
    expect(valuesOf(page).get('ringback_scrape_errors_total')).toBeGreaterThan(0);
  }, DEADLINE);
  expect(await ingress()).toContain('ringback_spool_callbacks 0');
});
