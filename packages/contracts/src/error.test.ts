import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ERROR_CODES } from './error.ts';

it('has a row in docs/errors.md for every code, and no row for any other', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `(RB_\w+)` \|/gm)].map(([, code = '']) => code);
  expect(documented.toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
});
