import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { redisSpec, startRedisServer } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { createKinds } from '../chaos/crash-points/command-kind.ts';
import { everyCrashPoint } from '../chaos/crash-points/every-crash-point.ts';
import { INVARIANTS } from '../chaos/crash-points/invariants.ts';
import { findLeftovers } from '../chaos/crash-points/leftovers.ts';
import { pointsOf, type Recording } from '../chaos/crash-points/points.ts';
import { createRandom } from '../chaos/random.ts';
import { everyRestPoint } from '../chaos/rest-points/every-rest-point.ts';
import { runScenario } from '../chaos/run-scenario.ts';

it('has a row in docs/protocols.md for every invariant, and no row for any other', () => {
  const page = readFileSync(new URL('../docs/protocols.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(Object.keys(INVARIANTS));
});

it('gives a command one kind in every run: a script by its text or digest, a key by what it belongs to', () => {
  const kinds = createKinds();
  const script = '--[[\n  Adds a job to the queue by doing the following:\n]]\nreturn 1';
  const digest = createHash('sha1').update(script).digest('hex');
  const text = kinds.of(['eval', script, '1', 'chaos:output.crm:wait']);
  expect(kinds.of(['evalsha', digest, '1', 'chaos:output.crm:marker'])).toBe(text);
  expect(text).toMatch(/^eval [0-9a-f]{6} output\.crm$/);
  expect(kinds.describe(`kill worker after ${text} #1`)).toContain('(adds a job to the queue) output.crm #1');
  expect(kinds.of(['hmget', 'chaos:ledger:bBAVhqrX5KxIYBMrU.crm', 'key'])).toBe('hmget outcomes');
  expect(kinds.of(['get', 'chaos:ledger:CCIaI6tx5WS_aNb5OV3PAI'])).toBe('get claims');
  expect(kinds.of(['info'])).toBe('info');
});

it('makes a point of each side of every command and exchange, for every fault, and one of what comes by the clock', () => {
  const recording = (adds: number): Recording => ({
    commands: { ingress: new Map([['add', adds]]), worker: new Map([['info', 9]]) },
    exchanges: new Map([['plain at crm', 1]]),
    periodic: new Set(['info']),
  });
  const points = pointsOf([recording(2), recording(3), recording(2)], createRandom('1'));
  expect(points).toHaveLength((2 + 1 + 1) * 3 * 2);
  expect(points).toContainEqual({ victim: 'ingress', what: 'command', kind: 'add', nth: 2, fault: 'stop', side: 'after' });
  expect(points).not.toContainEqual(expect.objectContaining({ kind: 'info', nth: 2 }));
});

it('finds what is left in Redis: a lock, an active job, an unknown key, a ledger key that never expires', async () => {
  const { url } = await startRedisServer();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  await redis.mset({ 'chaos:callbacks:b1:lock': '1', 'chaos:strange': '1', 'chaos:ledger:bBAVhqrX5KxIYBMrU.crm': '1' });
  await redis.lpush('chaos:output.crm:active', 'b1.crm');
  await redis.set('chaos:output.crm:stalled-check', '1', 'EX', 60);
  const left = await findLeftovers({ redis });
  expect(left).toEqual(expect.arrayContaining(['callbacks:b1:lock is left', 'output.crm:active is left', 'strange is left']));
  expect(left).toContainEqual(expect.stringMatching(/ledger.* never expires/));
  expect(left.join()).not.toContain('stalled-check');
});

it('keeps every promise after a crash: a sample of the points', async () => {
  const { problems, notes } = await runScenario({
    scenario: everyCrashPoint,
    seed: 5,
    size: 'short',
    spec: redisSpec(),
    say: () => {},
  });
  expect(problems).toEqual([]);
  expect(notes).toContainEqual(expect.stringMatching(/^in all: 12 points/));
}, 600_000);

it('keeps every promise though the worker is killed while it parks, brings back and keeps: one point of each', async () => {
  const options = { seed: 5, size: 'short', spec: redisSpec(), say: () => {} } as const;
  const { problems, notes } = await runScenario({ scenario: everyRestPoint, ...options });
  expect(problems).toEqual([]);
  expect(notes).toContainEqual(expect.stringMatching(/^3 of 3 points came/));
}, 300_000);
