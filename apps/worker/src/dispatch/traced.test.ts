import { HandBack, type TakenBatch } from '@ringback/queue';
import { testCallback } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { withDispatchTraces } from './traced.ts';

function setUp(failure: Error) {
  const told: unknown[] = [];
  const span = {
    traceId: 't',
    headers: { traceparent: '00' },
    event: (name: string) => void told.push(name),
    end: ({ failed }: { failed?: string | undefined }) => void told.push({ failed }),
  };
  const dispatch = withDispatchTraces({ dispatching: () => span }, async () => {
    throw failure;
  });
  const run = (last?: true) => {
    const batch: TakenBatch = { id: 'b', callbacks: [testCallback('x')], ...(last && { last }) };
    return dispatch(batch).catch(() => {});
  };
  return { told, run };
}

it('tells of the run that makes its batch a dead letter, and of no other', async () => {
  const broken = setUp(new Error('broken'));
  await broken.run();
  expect(broken.told).toEqual([{ failed: 'RB_INTERNAL' }]);
  await broken.run(true);
  expect(broken.told.slice(1)).toEqual(['dead letter', { failed: 'RB_INTERNAL' }]);
  const handedBack = setUp(new HandBack());
  await handedBack.run(true);
  expect(handedBack.told).toEqual([{ failed: undefined }]);
});
