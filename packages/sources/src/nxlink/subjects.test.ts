import { expect, it } from 'vitest';
import { subjects } from './subjects.ts';

const of = (body: object) => subjects({ body: JSON.stringify(body) });

it('names task and call, by the contact where the call has no id', () => {
  expect(of({ taskId: 7, userTaskId: 'mine', callId: 'c1', contactId: 'k1' })).toEqual({
    task: '7',
    userTask: 'mine',
    call: 'c1',
  });
  expect(of({ contactId: ' k1\u0000 ' })).toEqual({ call: 'k1' });
  expect(of({ other: 1 })).toEqual({});
});
