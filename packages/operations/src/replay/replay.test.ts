import { callbackKey } from '@ringback/contracts';
import { type CallbackRef, NO_ROWS } from '@ringback/history';
import { expect, it } from 'vitest';
import { keptRow, T, writeRows } from '../test-history.ts';
import { surveyReplay } from './survey.ts';
import { createWorld, Killed } from './test-replay.ts';

const ids = (count: number) => Array.from({ length: count }, (_, i) => `r-${i}`);

it('queues each callback once, the oldest first, wherever it is killed', async () => {
  let kills = 0;
  for (let at = 1; kills === at - 1; at += 1) {
    const { run, heldAt } = await createWorld(110);
    await run({}, at).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
      kills += 1;
    });
    expect(await run()).toMatchObject({ finished: true, callbacks: 110, deliveries: { crm: 110 }, onTheirWay: 0 });
    expect((await heldAt('crm')).map(({ id }) => id)).toEqual(ids(110));
  }
  expect(kills).toBe(2 * 2 * 4);
}, 60_000);

it('takes what the routes of today name, leaves out what has no body or is on its way, and says so', async () => {
  const { store, run, heldAt, hold, findMoving } = await createWorld(5);
  await writeRows(store, [keptRow(7, { body: undefined })]);
  const refOf = ({ key, receivedAt }: CallbackRef): CallbackRef => ({ key, receivedAt });
  const waiting = { ...refOf(keptRow(4)), output: 'crm', state: 'waiting', at: T + 5 } as const;
  const delivered = { ...waiting, ...refOf(keptRow(3)), output: 'ops', state: 'delivered' } as const;
  await store.write({ ...NO_ROWS, deliveries: [waiting, delivered] });
  await hold('crm', keptRow(4), 'b4');
  const target = {
    routes: [
      { when: 'data.n > 2', to: ['crm', 'ops'] },
      { when: 'data.n == 1', drop: 'not wanted' },
    ],
  };
  const counts = {
    callbacks: 6,
    deliveries: { crm: 1, ops: 2 },
    withoutBody: 1,
    onTheirWay: 1,
    unrouted: 2,
    dropped: 1,
    notAsked: 0,
    ended: 0,
  };
  expect(await surveyReplay(store, { filter: {}, target, findMoving })).toEqual({ ...counts, named: ['r-7'] });
  expect(await run({ target })).toEqual({ ...counts, finished: true, named: ['r-7'] });
  expect((await heldAt('crm')).map(({ id }) => id)).toEqual(['r-4', 'r-3']);
  expect((await heldAt('ops')).map(({ id }) => id)).toEqual(['r-3', 'r-4']);
  const [story] = await store.stories([keptRow(3)]);
  expect(story).toMatchObject({
    deliveries: [
      { output: 'crm', state: 'waiting', reason: 'replay r1' },
      { output: 'ops', state: 'waiting' },
    ],
    actions: [{ command: 'replay', by: 'me@here', facts: { replay: 'r1', to: 'routes', newId: false } }],
  });
});

it('goes on only with what it was begun with, and gives new ids that stay the same', async () => {
  const { run, heldAt } = await createWorld(2);
  const newId = { newId: true, filter: { since: T } };
  await expect(run(newId)).resolves.toMatchObject({ finished: true, deliveries: { crm: 2 } });
  // `--since 2h` is another time in a second run.
  await expect(run({ ...newId, filter: { since: T + 1 } })).resolves.toMatchObject({ deliveries: { crm: 2 } });
  await expect(run()).rejects.toMatchObject({ code: 'RB_REPLAY_DIFFERS' });
  const held = await heldAt('crm');
  expect(held.map(({ deliverAs }) => deliverAs)).toEqual(held.map((callback) => `${callbackKey(callback)}_r1`));
});
