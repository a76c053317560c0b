import { describe, expect, it } from 'vitest';
import { NO_ROWS } from './rows.ts';
import type { CreatePlace } from './test-place.ts';
import { describeBodies, describeReplacedRest } from './test-suite-bodies.ts';
import { describeClocks, describeRetriesAnew } from './test-suite-clocks.ts';
import { describeParkings } from './test-suite-parked.ts';
import { describeFilters, describeIds, describeNastyTexts, describePages } from './test-suite-finding.ts';
import { describeOddRows, describeOddTexts } from './test-suite-oddities.ts';
import { describeCopying, describeForgetting, describePruning, describePruningMeanwhile } from './test-suite-removing.ts';
import { describeRestFilters, describeReturning, describeRounds } from './test-suite-rest.ts';
import { describeCounting, describeTasks } from './test-suite-tasks.ts';
import { describeFields, describeOtherRows, describeWhatWins, describeWritingAgain } from './test-suite-writing.ts';
import { attemptRow, callbackRow, callbackRows, deliveryRow, T } from './test-rows.ts';

const PARTS: Readonly<Record<string, readonly ((create: CreatePlace) => void)[]>> = {
  'what is written': [
    describeWriting,
    describeWritingAgain,
    describeWhatWins,
    describeClocks,
    describeRetriesAnew,
    describeParkings,
    describeFields,
    describeOtherRows,
  ],
  'what is found': [describeFilters, describeIds, describeNastyTexts, describePages],
  tasks: [describeTasks, describeCounting],
  'what rests': [describeReturning, describeRounds, describeRestFilters],
  'what is encrypted anew': [describeBodies, describeReplacedRest],
  'what is removed': [describePruning, describePruningMeanwhile, describeForgetting],
  'all of it': [describeCopying],
  oddities: [describeOddTexts, describeOddRows],
};

/** What every store must do. */
export function describeStore(name: string, create: CreatePlace): void {
  for (const [part, tests] of Object.entries(PARTS))
    describe(`${name}: ${part}`, () => {
      for (const add of tests) add(create);
    });
}

function describeWriting(create: CreatePlace): void {
  it('is found, the newest first, with its deliveries', async () => {
    const store = await (await create()).open();
    const callbacks = callbackRows(3);
    await store.write({ ...NO_ROWS, callbacks, deliveries: callbacks.map((row) => deliveryRow(row)) });
    const found = await store.find({}, { limit: 2, bodies: true });
    const expected = callbacks.toReversed().map((row) => ({
      ...row,
      repeats: { duplicates: 0, conflicts: 0 },
      deliveries: [deliveryRow(row)],
    }));
    expect(found).toEqual(expected.slice(0, 2));
    const rest = await store.find({}, { limit: 2, after: found.at(-1) });
    expect(rest).toEqual(expected.slice(2).map((row) => ({ ...row, body: undefined })));
    expect(await store.count({})).toBe(3);
  });

  it('is told as a story, attempts in order of time, also if an attempt came before its callback', async () => {
    const store = await (await create()).open();
    const row = callbackRow('a');
    const attempts = [
      attemptRow(row, { outcome: 'retry', status: 500, reason: 'HTTP 500', fault: 'theirs', nextAt: T + 1000 }),
      attemptRow(row, { number: 2, at: T + 1000, answer: 'thanks' }),
    ];
    await store.write({
      ...NO_ROWS,
      attempts: attempts.toReversed(),
      deliveries: [deliveryRow(row, { state: 'delivered', at: T + 1020 })],
    });
    expect(await store.stories([row])).toEqual([]);
    await store.write({ ...NO_ROWS, callbacks: [row], deliveries: [deliveryRow(row)] });
    const [story] = await store.stories([row]);
    expect(story).toMatchObject({ ...row, attempts, actions: [], deliveries: [{ state: 'delivered' }] });
  });
}
