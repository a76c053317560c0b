import { DeliveryPayload } from '@ringback/contracts';
import { testCallback } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { Compile } from 'typebox/compile';
import { faultOf } from './earlier-fault.ts';

const payload = Compile(DeliveryPayload);
const callback = testCallback('x');
/** As the version before wrote them. */
const EARLIER = {
  refused: { v: 1, kind: 'single', batch: 'b1', callback, priorAttempts: 1, refused: 'HTTP 410' },
  'refused by us': { v: 1, kind: 'single', batch: 'b1', callback, priorAttempts: 1, refused: 'RB_INTERNAL: bad template' },
  'given up': { v: 1, kind: 'single', batch: 'b1', callback, priorAttempts: 1, uncounted: 2, failingSince: 5 },
  'by reference': { v: 2, kind: 'reference', bodies: 'b1', refused: 'RB_OUTPUT_BACKLOG: more waits than it may have' },
  'by reference, in other words': { v: 2, kind: 'reference', bodies: 'b1', refused: 'more waits than it may have' },
};

it.each([
  ['refused', 'HTTP 410', 'theirs'],
  ['refused by us', 'RB_INTERNAL: bad template', 'ours'],
  ['given up', 'given up after 3 days: connection refused', 'theirs'],
  ['given up', 'RB_INTERNAL: given up after 3 attempts: internal error', 'ours'],
  ['by reference', 'RB_OUTPUT_BACKLOG: more waits than it may have', 'ours'],
  ['by reference, in other words', 'more waits than it may have', 'ours'],
] as const)('reads a payload of the version before: %s, %s', (name, reason, fault) => {
  const data: unknown = EARLIER[name];
  if (!payload.Check(data) || data.kind === 'batch') throw new Error('the fixture is no payload');
  expect(faultOf(data, reason)).toBe(fault);
  expect(faultOf({ ...data, fault: 'theirs' }, reason)).toBe('theirs');
  expect(faultOf({ ...data, fault: 'ours' }, reason)).toBe('ours');
});
