import { testCallback } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { writeMessage } from '../write-message.ts';

const BODY = {
  condition: 'output-failing',
  subject: { kind: 'output', name: 'crm' },
  severity: 'warning',
  since: '2026-03-01T12:00:00.000Z',
  text: 'output crm is failing: HTTP 503',
  runbook: 'https://wiki.example.com/runbook.md#output-failing',
};
const OURS = { source: 'ringback', account: 'ringback', type: 'ringback.alert.firing' };
const write = (body: object, more = {}) =>
  writeMessage(testCallback('a', { ...OURS, body: JSON.stringify({ ...BODY, ...body }), ...more }), undefined);

it('says what is wrong, since when, and what to do', () => {
  expect(write({})).toMatchObject({
    title: '⚠️ output-failing: crm',
    state: 'warning',
    fields: [
      { name: 'What', value: 'output crm is failing: HTTP 503' },
      { name: 'Severity', value: 'warning' },
      { name: 'Since', value: '2026-03-01T12:00:00.000Z' },
      { name: 'Look', value: 'ringback status' },
    ],
    links: [{ label: 'What to do', url: BODY.runbook }],
  });
  expect(write({ severity: 'error' })).toMatchObject({ title: '🚨 output-failing: crm', state: 'bad' });
  expect(write({ subject: { kind: 'shard', name: '3' } })).toMatchObject({ title: '⚠️ output-failing: shard 3' });
  expect(write({ subject: undefined })).toMatchObject({ title: '⚠️ output-failing' });
});

it('names the section of the runbook if nobody said where it is', () => {
  const { fields, links } = write({ runbook: 'docs/runbook.md#output-failing' });
  expect(fields).toContainEqual({ name: 'What to do', value: 'docs/runbook.md#output-failing' });
  expect(links).toEqual([]);
});

it('says that it is over', () => {
  expect(write({ until: '2026-03-01T12:30:00.000Z' }, { type: 'ringback.alert.resolved' })).toMatchObject({
    title: '✅ Resolved: output-failing: crm',
    state: 'good',
    fields: expect.arrayContaining([{ name: 'Until', value: '2026-03-01T12:30:00.000Z' }]),
    links: [],
  });
});

it('is for callbacks of ours only', () => {
  expect(write({}, { account: 'other' }).title).toBe('Ringback: alert firing');
  expect(write({ severity: 'loud' }).title).toBe('Callback received');
});
