import { expect, it } from 'vitest';
import { businessKey } from './business-key.ts';
import { sampleBody } from './samples.ts';

const task = (options = {}) => ({
  type: 'callbot.task.completed',
  body: sampleBody({ kind: 'task', at: 1_700_000_000, ...options }),
});
const order = (serial: number) => ({ type: 'callbot.order', body: sampleBody({ kind: 'order', at: 1_700_000_000, serial }) });
const call = (serial: number) => ({ type: 'callbot.call', body: sampleBody({ kind: 'call', at: 1_700_000_000, serial }) });

it('tells a repeat, and tells apart what is not one', () => {
  const different = [task(), task({ status: 2 }), task({ serial: 2 }), order(1), order(2), call(1), call(2)];
  expect(new Set(different.map(businessKey)).size).toBe(different.length);
  expect(different.map(businessKey)).toEqual(different.map(({ type, body }) => businessKey({ type, body: `${body} ` })));
});

it('tells a task that goes on by its counters', () => {
  const { type, body } = task({ status: 2 });
  expect(businessKey({ type, body: body.replace('"finishOrderCount":480', '"finishOrderCount":481') })).not.toBe(
    businessKey({ type, body }),
  );
});

it('knows none for a call without a callID', () => {
  const { type, body } = call(1);
  expect(businessKey({ type, body: body.replace('"C900001"', 'null') })).toBeUndefined();
});
