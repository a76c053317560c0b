import { readdirSync } from 'node:fs';
import { sourceTypes } from '@ringback/sources';
import { expect, it } from 'vitest';
import { describers } from './registry.ts';

it('knows each folder of messages by the source type of that name, and our own alerts', () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect([...describers.keys(), 'ringback'].toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
  expect(Object.keys(sourceTypes)).toEqual(expect.arrayContaining([...describers.keys()]));
});
