import { callbackKey } from '@ringback/contracts';
import { NO_ROWS } from '@ringback/history';
import { expect, it } from 'vitest';
import { callback, setUpRemoved } from './test-removed.ts';

const waits = (ids: readonly string[], state: string) => ids.map((id) => `${id} crm ${state}: moved from old`);
const ALL_MOVED = [
  ...['waiting', 'later', 'dead', 'held', 'parked', 'many-0'].map((id) => `${id} old moved: moved to crm`),
  ...waits(['waiting', 'later', 'held', 'many-0'], 'waiting'),
  ...waits(['parked'], 'parked'),
  'dead crm dead: HTTP 410',
].toSorted();
const ALL_PURGED = ['dead', 'held', 'later', 'parked', 'waiting'].map((id) => `${id} old purged: undefined`);

it('a move ends deliveries at the old output, and begins them at the other one, wherever they stand', async () => {
  const { cli, told } = await setUpRemoved(1);
  expect((await cli('outputs', 'move', 'old', 'crm', '--yes')).out).toMatch(/^moved 6 deliveries .*; 1 had ended before/);
  expect(await told()).toEqual(ALL_MOVED);
  const traced = JSON.parse((await cli('trace', 'parked', '--json')).out);
  expect(traced.deliveries).toMatchObject([
    { output: 'old', state: 'moved', where: 'done', reason: 'moved to crm' },
    { output: 'crm', state: 'parked', where: 'parked' },
  ]);
  expect((await cli('search', '--state', 'moved', '--count', '--json')).out).toBe('{"count":1}\n');
});

it('a purge ends what had not ended, hundreds in one event', async () => {
  const { cli, told, events } = await setUpRemoved(600);
  expect((await cli('outputs', 'purge', 'old', '--yes')).code).toBe(0);
  const rows = await told();
  expect(rows.filter((row) => !row.startsWith('many'))).toEqual(ALL_PURGED);
  expect(rows.filter((row) => /^many-\d+ old purged/.test(row))).toHaveLength(600);
  expect(await events()).toBeLessThan(6);
  const { out } = await cli('trace', 'parked', '--json');
  expect(JSON.parse(out).deliveries).toMatchObject([{ output: 'old', state: 'purged', where: 'done' }]);
});

for (const [args, all] of [
  [['move', 'old', 'crm'], ALL_MOVED],
  [['purge', 'old'], [...ALL_PURGED, 'many-0 old purged: undefined'].toSorted()],
] as const) {
  it(`a ${args[0]} that is killed, and runs again, leaves no delivery as it was`, async () => {
    const { cli, told, killed } = await setUpRemoved(1);
    expect((await killed('outputs', ...args, '--yes')).code).toBeNull();
    expect(await told()).toEqual([]);
    expect((await cli('outputs', ...args, '--yes')).code).toBe(0);
    expect(await told()).toEqual(all);
  });
}

it('what the other output has delivered since a move that was killed stays delivered', async () => {
  const { cli, told, killed, history, ledger, parkForOld } = await setUpRemoved(0);
  await cli('outputs', 'move', 'old', 'crm', '--yes');
  await told();
  await parkForOld();
  // It is parked for both by now.
  expect((await killed('outputs', 'move', 'old', 'crm', '--yes')).code).toBeNull();
  const there = await history.rest.oldest({ kind: 'parked', output: 'crm' }, 10);
  expect(there).toHaveLength(1);
  await history.rest.remove(there);
  const key = callbackKey(callback('parked'));
  await ledger.record('crm', [{ batch: 'b5', key, outcome: 'delivered' }]);
  const { receivedAt } = callback('parked');
  await history.write({ ...NO_ROWS, deliveries: [{ key, receivedAt, output: 'crm', state: 'delivered', at: Date.now() }] });
  expect((await cli('outputs', 'move', 'old', 'crm', '--yes')).out).toMatch(/^moved 0 deliveries .*; 1 had ended before/);
  await told();
  expect((await cli('search', '--output', 'crm', '--state', 'delivered', '--count', '--json')).out).toBe('{"count":1}\n');
  expect(await history.rest.counts()).toEqual([]);
});
