import { expect, it } from 'vitest';
import { sampleBody } from './samples.ts';
import { subjects } from './subjects.ts';

const sample = (kind: 'task' | 'order' | 'call', status?: number) => sampleBody({ kind, at: 1_700_000_000, status });

it('tells whose own callback it is, with the ids that it names', () => {
  const ids = { task: 'T100001', userTask: 'spring-renewal-1' };
  const named = { ...ids, order: 'O500001', call: 'C900001' };
  expect(subjects({ type: 'callbot.order', body: sample('order') })).toEqual({ ...named, orderFinished: true });
  expect(subjects({ type: 'callbot.call', body: sample('call') })).toEqual(named);
  const body = sample('order').replace('"finish":true', '"finish":false');
  expect(subjects({ type: 'callbot.order', body })).toEqual({ ...named, orderFinished: false });
});

it('reads what a task says of itself', () => {
  expect(subjects({ type: 'callbot.task.in_progress', body: sample('task', 2) })).toEqual({
    task: 'T100001',
    userTask: 'spring-renewal-1',
    progress: { state: 'in_progress', orders: 1200, ordersFinished: 480, ordersAnswered: 336, calls: 960, callsAnswered: 336 },
  });
});

it('keeps to what is there', () => {
  const body = '{"taskID":17,"userTaskID":"","taskStatus":9,"taskStat":{"totalOrderCount":-1,"totalCall":"many"}}';
  expect(subjects({ type: 'callbot.task.unknown', body })).toEqual({ task: '17', progress: { state: 'unknown' } });
  expect(subjects({ type: 'callbot.call', body: 'no JSON' })).toEqual({});
});
