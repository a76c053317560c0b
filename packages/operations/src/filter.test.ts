import type { RestEntry } from '@ringback/history';
import { describe, expect, it } from 'vitest';
import { cleanId, fitsResting, historyFilterOf, restFilterOf } from './filter.ts';

const entry: RestEntry = {
  id: 'b1.k.crm',
  kind: 'dead-letter',
  output: 'crm',
  key: 'k',
  place: 1,
  requestID: 'r-1',
  source: 'callbot',
  account: 'a',
  type: 'callbot.task.completed',
  receivedAt: 1000,
  at: 5000,
  payload: JSON.stringify({ callback: { body: '{"name":"A \\"B\\""}' } }),
};

describe('a filter', () => {
  it('takes an id as it comes from a clipboard', () => {
    for (const text of ['r-1', ' r-1\n', '"r-1",', "'r-1'", '\u00A0`r-1`;']) expect(cleanId(text)).toBe('r-1');
    expect(historyFilterOf({ id: ' "r-1", ', task: "'7'" })).toEqual({ id: 'r-1', task: '7' });
  });

  it('says what the history and what rests are asked', () => {
    expect(historyFilterOf({ state: 'dead', output: 'crm' })).toEqual({ state: 'dead', output: 'crm' });
    expect(historyFilterOf({ state: 'quarantined' })).toBeUndefined();
    expect(restFilterOf({ state: 'quarantined', since: 5, until: 9 })).toEqual({ kinds: ['quarantine'], since: 5 });
    expect(restFilterOf({ state: 'delivered' })).toBeUndefined();
    expect(restFilterOf({})).toEqual({});
  });

  it('holds what rests to everything else', () => {
    const fitting = [
      { account: 'a', type: 'callbot.*', since: 1000, until: 1001 },
      { id: 'msg_k' },
      { id: ' r-1' },
      { text: 'A \\"B\\"' },
    ];
    expect(fitting.filter((filter) => fitsResting(filter, entry))).toEqual(fitting);
    const others = [{ account: 'b' }, { type: 'nxlink.*' }, { since: 1001 }, { until: 1000 }, { id: 'k2' }, { text: 'A.*B' }];
    expect(others.filter((filter) => fitsResting(filter, entry))).toEqual([]);
  });
});
