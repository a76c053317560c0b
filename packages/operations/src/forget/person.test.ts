import { expect, it } from 'vitest';
import { createPerson } from './person.ts';

it('finds a requestID in a text as a whole, not as a part of another one', () => {
  const { isNamed } = createPerson({ phones: [], requestIDs: ['r1'], tasks: [] }, () => undefined);
  const texts = ['"requestID":["r1"]', 'path?id=r1&x', 'r1', 'r12', 'xr1', 'r1-2', 'r12 and r1', ''];
  expect(texts.map(isNamed)).toEqual([true, true, true, false, false, false, true, false]);
});
