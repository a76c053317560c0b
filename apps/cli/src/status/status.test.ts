import { readFile, writeFile } from 'node:fs/promises';
import { noteOutputs, type ProcessState } from '@ringback/queue';
import { startRedisServer } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { withTestHistory } from '../search/test-history.ts';
import { setUp } from '../outputs/test-outputs.ts';
import { runCommand } from '../test-commands.ts';
import { tell, timesIn } from './test-tell.ts';

it('names what runs, what fails and since when, and what waits, on one screen and as JSON', async () => {
  const { redis, prefix, queue, cli } = await setUp();
  const now = Date.now();
  const since = now - 2 * 3_600_000;
  await queue.add('job', { n: 1 }, { timestamp: since });
  const settings = { path: 'ringback.yaml', loadedAt: now - 60_000 };
  await tell(redis, prefix, {
    id: 'in',
    app: 'ingress',
    state: { settings, notReady: [], totals: { acked: 7 }, rates: { acked: 12, refused: 0.5 }, spooled: 3 },
  });
  await tell(redis, prefix, {
    id: 'w',
    app: 'worker',
    failing: { crm: { since, reason: 'HTTP 503' } },
    state: {
      settings: { ...settings, problem: { at: now, code: 'RB_CONFIG_INVALID', text: 'line 3' } },
      notReady: ['RB_REDIS_REFUSES: full'],
      totals: {},
      rates: { delivered: 30 },
      outputs: {
        crm: { breaker: 'open', since, lastFailed: { at: now, reason: 'HTTP 503' } },
        log: { breaker: 'closed', lastDelivered: now },
      },
    },
  });

  const { out, code } = await cli('status');
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines[0]).toBe('error    the worker w:7 is not ready: RB_REDIS_REFUSES: full');
  for (const line of [
    'warning  the worker w:7 kept its old settings: RB_CONFIG_INVALID: line 3',
    `warning  output crm is failing: HTTP 503 (since ${new Date(since).toISOString()}, 2h)`,
    `warning  deliveries wait for output crm (since ${new Date(since).toISOString()}, 2h)`,
    'a second, in the last ten: 12 acked, 0.5 refused, 0 dispatched, 30 delivered, 0 retried, 0 dead',
    '3 callbacks wait in spool files of ingresses',
  ])
    expect(out).toContain(line);
  expect(out).toMatch(/^ingress +in:7 +1 +1h +ringback.yaml, 1m ago +ready$/m);
  expect(out).toMatch(/^worker +w:7 .* not ready$/m);
  expect(out).toMatch(/^crm +open +1 /m);
  expect(out).toMatch(/^log +running +0 /m);
  expect(out).toMatch(/^crm: its breaker is open, since .* \(2h\), at 1 of 1 worker$/m);
  expect(out).toMatch(/^log last delivered \ds ago$/m);
  expect(out).toMatch(/^Redis \d.* An ack is worth: /m);

  const json: unknown = JSON.parse((await cli('status', '--json')).out);
  expect(json).toMatchObject({
    conditions: [
      { name: 'not-ready', subject: { kind: 'app', name: 'worker' }, severity: 'error' },
      { name: 'spool-in-use', severity: 'warning' },
      { name: 'output-failing', subject: { kind: 'output', name: 'crm' }, since: new Date(since).toISOString() },
      { name: 'oldest-waiting', subject: { kind: 'output', name: 'crm' } },
      { name: 'settings-refused', subject: { kind: 'app', name: 'worker' }, severity: 'warning' },
    ],
    processes: [{ app: 'ingress' }, { app: 'worker' }],
    rates: { acked: 12, delivered: 30 },
    outputs: [
      { name: 'crm', state: 'open', waiting: 1, servedBy: ['w:7'] },
      { name: 'log', state: 'running' },
    ],
    spooled: 3,
    missing: [],
  });
  const iso = (time: number) => new Date(time).toISOString();
  expect(json).toMatchObject({
    processes: [{}, { failing: { crm: { since: iso(since) } }, state: { settings: { loadedAt: iso(now - 60_000) } } }],
    outputs: [
      { oldest: iso(since), breaker: { since: iso(since) }, failing: { since: iso(since) }, lastFailed: { at: iso(now) } },
      { lastDelivered: iso(now) },
    ],
  });
  const listed = (await cli('outputs', '--json')).out.trim().split('\n');
  expect(timesIn([json, ...listed.map((line): unknown => JSON.parse(line))])).toEqual([]);
  expect(JSON.parse(listed[0] ?? '')).toMatchObject({ name: 'crm', oldest: iso(since), breaker: { since: iso(since) } });
  expect((await cli('status', '--strict')).code).toBe(1);
});

it.each([
  ['a list that is not closed', 'outputs: [', /ringback\.yaml:6:1 .*outputs is given twice/],
  [
    'a variable that is not set',
    'log: { level: "${NOT_SET}" }',
    /:6:\d+ log\.level: the environment variable NOT_SET is not set/,
  ],
  ['no prefix, and an unknown key of redis', 'x', /redis\.prefx: unknown key/],
])('shows what runs though the settings file has errors: %s', async (_case, more, problem) => {
  const { redis, prefix, queue, file, cli } = await setUp();
  await queue.add('job', { n: 1 });
  await noteOutputs({ redis, prefix }, ['crm', 'log']);
  await tell(redis, prefix, { id: 'w', app: 'worker' });
  const text = await readFile(file, 'utf8');
  await writeFile(file, more === 'x' ? text.replace('redis: {', 'redis: { prefx: y,') : `${text}${more}\n`);

  const { out, code } = await cli('status');
  expect(out).toMatch(/^warning  .*ringback\.yaml cannot be used: RB_CONFIG_INVALID: /m);
  expect(out).toMatch(problem);
  expect(out).toMatch(/^worker +w:7 /m);
  expect(out).toMatch(/^crm +running +1 /m);
  // Where that is sure, nothing is missing.
  expect(code).toBe(more === 'x' ? 1 : 0);
  expect(out).toMatch(more === 'x' ? /^missing  settings: the section redis has errors: .* the prefix/m : /^(?!missing)/);
  expect((await cli('status', '--strict')).code).toBe(1);

  expect(await cli('outputs')).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^crm +running +1 /m),
    err: expect.stringMatching(problem),
  });
  expect(await cli('trace', 'nobody')).toMatchObject({ code: 1, err: expect.stringMatching(problem) });
  expect(await cli('dead-letters', 'list')).toMatchObject({ code: 1, err: expect.stringMatching(problem) });
  expect(await cli('outputs', 'pause', 'crm')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('--config <file>'),
  });
});

it('says that nothing runs', async () => {
  const { cli } = await setUp();
  const { out, code } = await cli('status');
  expect(code).toBe(0);
  expect(out).toContain('no ingress runs: callbacks are not taken');
  expect(out).toContain('no worker runs: what was acked waits for one');
});

it('does not say that nothing runs while Redis is full: processes cannot tell', async () => {
  const { url } = await startRedisServer();
  const { redis, prefix, cli } = await setUp({ url, prefix: 'p' });
  await noteOutputs({ redis, prefix }, ['crm', 'log']);
  const state: ProcessState = { notReady: [], totals: {}, rates: { acked: 7 } };
  for (const [id, app] of [
    ['in', 'ingress'],
    ['w', 'worker'],
  ] as const)
    await tell(redis, prefix, { id, app, toldAt: Date.now() - 180_000, state });
  await redis.config('SET', 'maxmemory', '1');

  const { out } = await cli('status');
  const [first = ''] = out.split('\n');
  expect(first).toMatch(/^error    Redis takes no writes: OOM: .*CONFIG SET maxmemory .*what they said last$/);
  expect(out).toMatch(/^error    Redis uses \d+ % of maxmemory/m);
  expect(out).toMatch(/^worker +w:7 .* ready, 3m ago$/m);
  expect(out).toContain('rates are not known');
  expect(out).toMatch(/^crm +running /m);

  await redis.del(`${prefix}:process:in`, `${prefix}:process:w`);
  const silent = await cli('status');
  for (const line of [
    'which processes run is not known while Redis takes no writes',
    'dispatching is not paused (which workers run is not known)',
  ])
    expect(silent.out).toContain(line);
  expect(silent.out).not.toMatch(/no (ingress|worker)/);
  expect(silent.out).toMatch(/^crm +unknown /m);
  expect((await cli('outputs')).out).not.toContain('no worker');
});

it('says what cannot be asked', async () => {
  const { file } = await setUp();
  const status = runCommand(['status', '--config', file], { REDIS_URL: 'redis://127.0.0.1:1' });
  expect(await status).toMatchObject({ code: 1, err: expect.stringContaining('RB_REDIS_UNAVAILABLE') });
});

it('shows nothing as a fact that it could not ask', async () => {
  const { cliAt } = await withTestHistory();
  const cli = cliAt('redis://127.0.0.1:1');
  const { out, code } = await cli('status');
  expect(code).toBe(1);
  const lines = out.split('\n');
  expect(lines[0]).toMatch(/^missing  Redis: .*cannot be reached/);
  expect(out).not.toContain('no problem is known');
  for (const line of ['rates are not known', 'whether callbacks wait to be dispatched is not known', 'what is kept is not known'])
    expect(lines).toContain(line);
  expect(lines).toContain('what waits in Redis to be written to the history is not known');
  expect(out).toMatch(/^crm +unknown( +-){7} +0 +-$/m);
  const json: unknown = JSON.parse((await cli('status', '--json')).out);
  for (const name of ['processes', 'rates', 'kept', 'routes', 'spooled', 'difference']) expect(json).not.toHaveProperty(name);
  expect(json).not.toHaveProperty('dispatch.waiting');
  expect(json).not.toHaveProperty('outputs.0.waiting');
  expect(json).toMatchObject({
    dispatch: { state: 'unknown' },
    outputs: [{ name: 'crm' }, {}],
    history: { store: { callbacks: 0 } },
  });
});
