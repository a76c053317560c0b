import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createHandOver, NO_ROWS } from '@ringback/history';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { attemptRow, callbackRow, deliveryRow, T, withTestHistory } from '../search/test-history.ts';

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-export-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const BODY = '{"name":"\u2028 \\u0000 \ud800 50%"}';
const rows = {
  ...NO_ROWS,
  callbacks: [callbackRow('r-1', { body: BODY }), callbackRow('r-2', { receivedAt: T + 1, subjects: { order: 'o' } })],
  deliveries: [deliveryRow(callbackRow('r-1'))],
  attempts: [attemptRow(callbackRow('r-1'))],
  repeats: [{ key: callbackRow('r-1').key, receivedAt: T + 5, as: 'duplicate' as const }],
  actions: [{ id: 'a', at: T, by: 'ann@ops', command: 'outputs pause', facts: { output: 'crm' }, callbacks: [] }],
  gaps: [{ id: 'g', from: T, to: T + 60_000, callbacks: 7, attempts: 8, reason: 'the buffer was full' }],
};

describe('history status', () => {
  it('tells how much is kept, what waits to be written, gaps and refusals, and what it cannot ask', async () => {
    const redis = testRedis();
    const { cli, cliAt, history } = await withTestHistory(redis);
    const minute = Math.floor(Date.now() / 60_000) * 60_000;
    const refusal = (process: string) => ({ process, minute, source: 'callbot', code: 'RB_SIGN_WRONG', count: 3 });
    await history.write({ ...rows, refusals: [refusal('a'), refusal('b')] });
    const client = new Redis(redis.url);
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const buffer = createHandOver({ redis: client, prefix: redis.prefix, most: () => 1_000_000, now: Date.now, logger });
    onTestFinished(() => {
      buffer.close();
      client.disconnect();
    });
    await buffer.handOver({ v: 1, kind: 'acted', id: 'x', at: T, by: 'ann@ops', command: 'purge', facts: {} });
    const { out, code } = await cli('history');
    expect(linesOf(out)).toEqual([
      expect.stringMatching(/^sqlite, schema \d+: 2 callbacks, 1 deliveries, 1 attempts, 2 bodies, \d+\.\d MiB$/),
      'callbacks from 2026-11-24T09:00:00.000Z to 2026-11-24T09:00:00.001Z',
      expect.stringMatching(/^1 events wait in Redis to be written \(0\.0 MiB, the oldest for \d+[smh]\)$/),
      'gap from 2026-11-24T09:00:00.000Z to 2026-11-24T09:01:00.000Z: 7 callbacks and 8 attempts are missing (the buffer was full)',
      'refused in the last hour: 6 × RB_SIGN_WRONG at callbot',
    ]);
    expect(code).toBe(0);
    const json: unknown = JSON.parse((await cli('history', 'status', '--json')).out);
    expect(json).toMatchObject({ store: 'sqlite', callbacks: 2, waiting: [{ shard: 0, events: 1 }], gaps: [{ callbacks: 7 }] });
    const away = await cliAt('redis://127.0.0.1:1')('history', 'status');
    expect(away).toMatchObject({ code: 1, err: expect.stringMatching(/^missing: Redis: /) });
    expect(away.out).toContain('2 callbacks');
  });
});

describe('history prune', () => {
  it('removes what is older than the settings or the command say, or only says how much', async () => {
    const { cli, history } = await withTestHistory();
    const now = Date.now();
    const days = (count: number) => now - count * 86_400_000;
    const old = [40, 20, 1].map((age) => callbackRow(`r-${age}`, { receivedAt: days(age) }));
    await history.write({ ...NO_ROWS, callbacks: old });
    expect((await cli('history', 'prune', '--dry-run')).out).toBe('would remove 1 callbacks, and the bodies of up to 1 more\n');
    expect((await cli('history', 'prune', '--json')).out).toBe('{"callbacks":1,"bodies":1}\n');
    expect((await cli('history', 'prune', '--keep', '2d')).out).toBe('removed 1 callbacks, and the bodies of 0 more\n');
    expect(await history.count({})).toBe(1);
  });
});

it('history actions tells who did what', async () => {
  const { cli, history } = await withTestHistory();
  expect((await cli('history', 'actions')).out).toBe('nobody has changed anything by command\n');
  await history.write(rows);
  expect(linesOf((await cli('history', 'actions')).out)[1]).toBe('2026-11-24T09:00:00.000Z  ann@ops  outputs pause  output: crm');
});

describe('history export and import', () => {
  it('moves everything to another history, true to the byte, compressed or not, again and again', async () => {
    const [from, to] = [await withTestHistory(), await withTestHistory()];
    await from.history.write(rows);
    const folder = testFolder();
    const [plain, packed] = [join(folder, 'all.ndjson'), join(folder, 'all.gz')];
    expect(await from.cli('history', 'export', plain)).toEqual({ code: 0, out: '', err: '7 rows\n' });
    expect((await from.cli('history', 'export', packed, '--gzip')).err).toBe('7 rows\n');
    expect(gunzipSync(readFileSync(packed)).equals(readFileSync(plain))).toBe(true);
    expect(statSync(plain).mode & 0o777).toBe(0o600);
    for (const file of [plain, packed])
      expect(await to.cli('history', 'import', file)).toMatchObject({ code: 0, out: '7 rows read\n' });
    const [stories, same] = await Promise.all([from, to].map(({ history }) => history.stories(rows.callbacks)));
    expect(same).toEqual(stories);
    expect(same?.[0]?.body).toBe(BODY);
    expect(await to.history.count({})).toBe(2);
    const newer = join(folder, 'newer');
    await from.cli('history', 'export', newer, '--since', '2026-11-24T09:00:00.001Z');
    expect(readFileSync(newer, 'utf8')).not.toContain('"r-1"');
  });

  it('never overwrites a file, and names a line that is none of ours without showing it', async () => {
    const { cli, history } = await withTestHistory();
    const file = join(testFolder(), 'x');
    writeFileSync(file, `${JSON.stringify({ kind: 'gaps', row: rows.gaps[0] })}\n{"kind":"callbacks","row":{"phone":"138"}}\n`);
    expect(await cli('history', 'export', file)).toEqual({
      code: 1,
      out: '',
      err: `error: ${file} is there already, and export overwrites nothing\n`,
    });
    const { code, err } = await cli('history', 'import', file);
    expect({ code, err }).toEqual({ code: 1, err: 'RB_PAYLOAD_INVALID: line 2 is no row of an exported history\n' });
    expect((await history.status()).gaps).toHaveLength(1);
    expect((await cli('history', 'import', `${file}.none`)).err).toMatch(/^RB_HISTORY_UNAVAILABLE: .*ENOENT/);
  });
});
