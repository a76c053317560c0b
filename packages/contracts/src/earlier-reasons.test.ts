import { expect, it } from 'vitest';
import { codeOfReason, faultOfReason } from './earlier-reasons.ts';

it.each([
  ['HTTP 410', 'theirs'],
  ['given up after 3 days: connection refused', 'theirs'],
  ['RB_INTERNAL: given up after 3 attempts: internal error', 'ours'],
  ['RB_OUTPUT_BACKLOG: more waits than it may have', 'ours'],
] as const)('reads in an old dead letter whose fault it is: %s', (reason, fault) => {
  expect(faultOfReason(reason)).toBe(fault);
});

it.each([
  ['RB_REQUEST_ID_REUSED: taken with another body', 'RB_REQUEST_ID_REUSED'],
  ['RB_INTERNAL', 'RB_INTERNAL'],
  ['another reason', undefined],
] as const)('reads in an old quarantined callback its code: %s', (reason, code) => {
  expect(codeOfReason(reason)).toBe(code);
});
