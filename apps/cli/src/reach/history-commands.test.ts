import { callbackKey } from '@ringback/contracts';
import { type CallbackRow, NO_ROWS, openHistory } from '@ringback/history';
import { taskBody } from '@ringback/testkit';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';

const SETTINGS = `
sources: [{ name: voice, type: callbot, accounts: [{ uuid: acc, secrets: ["\${UNSET}"] }] }]
outputs: [{ name: crm, type: webhook, url: "\${UNSET}" }, { name: ops, type: stdout }]
routes:
  - { match: callbot.call, to: [crm] }
  - { match: callbot.task.*, when: data.taskStatus == 3 && data.taskID != "", to: [ops] }
history: { store: sqlite, path: history.sqlite }
`;
const T = Date.UTC(2026, 10, 24, 9);

function row(i: number, more: Partial<CallbackRow>): CallbackRow {
  const identity = { id: `r-${i}`, source: 'voice', account: 'acc' };
  const times = { time: T, receivedAt: T + i, dispatchedAt: T + i };
  const fate = { routes: [1], to: ['crm'] };
  const rest = { key: callbackKey(identity), body: '{}', batch: `b${i}`, settings: 'd', fate, subjects: {} };
  return { ...identity, type: 'callbot.call', ...times, ...rest, ...more };
}

async function installation() {
  const config = await testFile('ringback.yaml', SETTINGS);
  const store = await openHistory({ store: 'sqlite', path: 'history.sqlite' }, { folder: dirname(config) });
  const progress = { state: 'completed', orders: 2, ordersFinished: 2, calls: 1 };
  const of = { task: 'T1', userTask: 'spring' };
  await store.write({
    ...NO_ROWS,
    callbacks: [
      row(1, { type: 'callbot.task.completed', body: taskBody({ taskStatus: 3 }), subjects: { ...of, progress } }),
      row(2, { subjects: { ...of, order: 'O1', call: 'C1' } }),
      row(3, { body: undefined }),
    ],
  });
  await store.close();
  return { config, run: (...args: string[]) => runCommand([...args, '--config', config]) };
}

it('tasks, route and plan answer from the history, without any secret', async () => {
  const { run } = await installation();
  const newer = await testFile('new.yaml', SETTINGS.replace('taskStatus == 3', 'taskState == 3'));
  const [all, one, none, byId, asJson, gone, planned] = await Promise.all([
    run('tasks'),
    run('tasks', ' spring', '--json'),
    run('tasks', 'T2'),
    run('route', 'r-1'),
    run('route', 'C1', '--json'),
    run('route', 'r-3'),
    run('plan', newer, '--json'),
  ]);
  expect(all.out.split('\n')[1]).toMatch(/^T1 +spring +completed +2 +2 +0 +1 +1 +2026-11-24T09:00:00\.002Z$/);
  expect(JSON.parse(one.out)).toMatchObject({ task: 'T1', missing: { named: ['O1'], unnamedOrders: 1, never: ['orders'] } });
  expect(none).toEqual({ code: 1, out: '', err: 'no callback of the history names a task T2\n' });
  expect({ code: byId.code, lines: byId.out.split('\n') }).toEqual({
    code: 0,
    lines: [
      'callbot.task.completed of source voice, account acc',
      'route 1 does not match: type callbot.task.completed does not fit callbot.call',
      'route 2 matches, to ops: type fits callbot.task.*; data.taskStatus == 3 && data.taskID != "" is true',
      '    data.taskStatus == 3 is true',
      '    data.taskID != "" is true',
      '    data.taskStatus is 3',
      expect.stringMatching(/^ {4}data\.taskID is "/),
      'would go to ops',
      '',
    ],
  });
  expect(JSON.parse(asJson.out)).toMatchObject({ callback: { requestID: 'r-2' }, outcome: { to: ['crm'] } });
  expect(gone).toMatchObject({ code: 1, err: expect.stringContaining('is no longer kept') });
  expect(planned.code).toBe(1);
  expect(JSON.parse(planned.out)).toMatchObject({
    examined: 2,
    unrouted: { gained: { count: 1, examples: ['r-1'] } },
    differs: true,
  });
});

it('says what is no file, kind or kept callback, and that there is no history', async () => {
  const { config, run } = await installation();
  const off = await testFile('off.yaml', SETTINGS.replace(/^history.*$/m, ''));
  const [unknown, without, same] = await Promise.all([
    run('route', 'r-9'),
    runCommand(['route', 'r-9', '--config', off]),
    run('plan', config),
  ]);
  expect(unknown).toEqual({
    code: 1,
    out: '',
    err: expect.stringMatching(/^the history has no callback with the id r-9\. .*task, order/),
  });
  expect(without).toMatchObject({ code: 1, err: expect.stringMatching(/^RB_HISTORY_OFF: /) });
  expect(same).toMatchObject({ code: 0, out: expect.stringMatching(/\nthe new settings route these callbacks as before\n$/) });
});
