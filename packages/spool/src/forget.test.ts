import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Callback } from '@ringback/contracts';
import { expect, it } from 'vitest';
import { forgetInSpool } from './forget.ts';
import { open, spoolPath } from './test-spool.ts';

const THEIRS = 'Ada Forgotten';
const callback = (id: string, body = '{}'): Callback => ({
  id,
  source: 's',
  account: 'a',
  type: 't',
  time: 1,
  receivedAt: 2,
  body,
});
const theirs = (id: string) => callback(id, JSON.stringify({ name: THEIRS }));
const person = {
  isIn: ({ body }: Callback) => body.includes(THEIRS),
  isNamed: (text: string) => text.includes(THEIRS),
};

it('takes a person out of the batches of a spool, and out of its file', () => {
  const path = spoolPath();
  const folder = dirname(path);
  expect(forgetInSpool({ path, ...person, dryRun: false })).toBeUndefined();
  const spool = open(path);
  spool.put({ id: 'b1', callbacks: [callback('a'), theirs('b'), callback('c')] });
  spool.put({ id: 'b2', callbacks: [theirs('d')] });
  // An ingress that runs has the file for itself.
  expect(() => forgetInSpool({ path, ...person, dryRun: false })).toThrow(/another process uses it/);
  spool.close();

  const inFiles = () => readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(THEIRS));
  expect(forgetInSpool({ path, ...person, dryRun: true })).toEqual({ removed: 2, unreadable: 0 });
  expect(inFiles()).not.toEqual([]);
  expect(forgetInSpool({ path, ...person, dryRun: false })).toEqual({ removed: 2, unreadable: 0 });
  expect(inFiles()).toEqual([]);
  const again = open(path);
  expect(again.size()).toBe(2);
  expect(again.oldest().map(({ id, callbacks }) => [id, callbacks.map((one) => one.id)])).toEqual([['b1', ['a', 'c']]]);
});
