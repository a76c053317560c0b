import type { Callback } from '@ringback/contracts';

export function testCallback(id: string, overrides: Partial<Callback> = {}): Callback {
  const identity = { id, source: 'callbot', account: 'account', type: 'callbot.task.completed' };
  return { ...identity, time: 1, receivedAt: 2, body: '{"taskStatus":3}', ...overrides };
}
