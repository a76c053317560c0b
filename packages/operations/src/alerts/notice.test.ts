import { expect, it } from 'vitest';
import type { Notice } from './decide.ts';
import { callbackOf, receiversOf } from './notice.ts';

const notice = (subject?: Notice['about']['subject']): Notice => ({
  kind: 'firing',
  from: 1,
  about: { name: 'oldest-waiting', ...(subject && { subject }), severity: 'warning', since: 1, text: 'it waits' },
});
const OUTPUT = notice({ kind: 'output', name: 'callbacks' });
const DISPATCH = notice({ kind: 'dispatch', name: 'callbacks' });

it('an output is not told of itself, and is told of what only has its name', () => {
  expect(receiversOf(OUTPUT, ['callbacks', 'ops'])).toEqual(['ops']);
  expect(receiversOf(DISPATCH, ['callbacks', 'ops'])).toEqual(['callbacks', 'ops']);
  expect(receiversOf(notice(), ['ops'])).toEqual(['ops']);
});

it('says what it is about by kind and name; the same name of two kinds is two alerts', () => {
  const [output, dispatch] = [OUTPUT, DISPATCH].map((one) => callbackOf(one, { now: 2, runbook: undefined }));
  expect(output?.id).not.toBe(dispatch?.id);
  expect(JSON.parse(dispatch?.body ?? '')).toMatchObject({
    condition: 'oldest-waiting',
    subject: { kind: 'dispatch', name: 'callbacks' },
    runbook: 'docs/runbook.md#oldest-waiting',
  });
});
