import { expect, it } from 'vitest';
import { factsOfEarlierId } from './earlier-quarantine-id.ts';

it.each([
  ['key.digest.10.group', { identity: 'key.digest', size: 10, group: 'group' }],
  ['key.digest.10', { identity: 'key.digest', size: 10, group: '' }],
  ['of another making', { identity: 'of another making.', size: 0, group: '' }],
])('reads what an earlier version wrote into an id: %s', (id, facts) => {
  expect(factsOfEarlierId(id)).toEqual(facts);
});
