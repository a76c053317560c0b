import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { LONGEST } from './test-order.ts';

it('names files that there are', () => {
  const missing = LONGEST.filter((path) => !existsSync(fileURLToPath(new URL(`../${path}`, import.meta.url))));
  expect(missing).toEqual([]);
});
