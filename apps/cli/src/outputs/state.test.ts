import { noteOutputs } from '@ringback/queue';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { setUp } from './test-outputs.ts';

type Told = { id: string; parts: Record<string, string>; failing?: Record<string, { since: number; reason: string }> };

/** As a worker says it of itself. */
function worker(redis: Redis, prefix: string, told: Told) {
  const running = { app: 'worker', version: '1', host: told.id, pid: 7, startedAt: 1, ...told };
  return redis.multi().set(`${prefix}:process:${told.id}`, JSON.stringify(running)).sadd(`${prefix}:processes`, told.id).exec();
}

describe('an output, true across workers', () => {
  it('says that an output is failing, since when, why, and at how many workers', async () => {
    const { redis, prefix, queue, outputs } = await setUp();
    const [seconds] = await redis.time();
    const since = (Number(seconds) - 3 * 3600) * 1000;
    const hour = { timestamp: since - 24 * 3_600_000 };
    await queue.add('job', { n: 1 }, hour);
    const parts = { 'output crm': '1', 'output log': '1' };
    await worker(redis, prefix, { id: 'a', parts, failing: { crm: { since, reason: 'HTTP 503' } } });
    await worker(redis, prefix, { id: 'b', parts, failing: { crm: { since: since + 1000, reason: 'timeout' } } });
    await worker(redis, prefix, { id: 'c', parts });
    const lines = (await outputs()).out.split('\n');
    expect(lines[1]?.split(/ {2,}/)).toEqual(['crm', 'failing', '1', '0', '0', '0', '0', '0', '0', '1d']);
    expect(lines[2]?.split(/ {2,}/)[1]).toBe('running');
    expect(lines[3]).toBe(`crm is failing since ${new Date(since).toISOString()} (3h), at 2 of 3 workers: HTTP 503; timeout`);
    await outputs('pause', 'crm');
    expect((await outputs()).out).toMatch(/^crm +paused /m);
  });

  it('does not take an output for removed that a worker serves and this file does not name', async () => {
    const { redis, prefix, outputs } = await setUp();
    await noteOutputs({ redis, prefix }, ['crm', 'log', 'other']);
    await worker(redis, prefix, { id: 'a', parts: { 'output other': '1' } });
    const { out } = await outputs();
    expect(out).toMatch(/^other +running +0/m);
    expect(out).toContain('other: this settings file does not name it; workers that serve it: a:7\n');
    expect(out).not.toContain('removed');
  });
});
