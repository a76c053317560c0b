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

it('has an id of its own for an error that was told as a warning, and none that looks like a phone number', () => {
  const ids = [OUTPUT, { ...OUTPUT, worse: true }].map(
    (one) => callbackOf({ ...one, from: 1_795_736_024_429 }, { now: 2, runbook: undefined }).id,
  );
  expect(ids).toEqual(['oldest-waiting/output/callbacks/mwy6v4a5/firing', 'oldest-waiting/output/callbacks/mwy6v4a5/worse']);
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
