import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { expect, it } from 'vitest';
import { restEntry } from '../store/test-suite-rest.ts';
import { historyPath, open } from './test-sqlite.ts';

const refusal = (code: string, words: string) =>
  expect.objectContaining({ code, message: expect.stringMatching(new RegExp(words, 'u')) });

const filesBeside = (path: string) => readdirSync(dirname(path)).map((name) => [name, readFileSync(`${dirname(path)}/${name}`)]);

const countOf = async (store: ReturnType<typeof open>) => (await store.rest.counts())[0]?.count;

it('is not made by what only reads', () => {
  const path = historyPath();
  const none = refusal('RB_HISTORY_UNAVAILABLE', 'a worker makes it when it starts');
  expect(() => open(path, { create: false })).toThrow(none);
  expect(readdirSync(dirname(path))).toEqual([]);
  writeFileSync(path, '');
  expect(() => open(path, { create: false })).toThrow(none);
  expect(filesBeside(path)).toEqual([[basename(path), Buffer.alloc(0)]]);
  open(path);
  expect(open(path, { create: false }).kind).toBe('sqlite');
});

it('is empty for what only reads before a worker has made it, and nothing is written beside it', async () => {
  const path = historyPath();
  const said: string[] = [];
  const read = () => open(path, { whenMissing: (where) => said.push(where) });
  const store = read();
  expect([await store.find({}, { limit: 1 }), await store.count({}), await store.tasks(1), await store.rest.counts()]).toEqual([
    [],
    0,
    [],
    [],
  ]);
  expect(await store.status()).toMatchObject({ callbacks: 0, bytes: 0, gaps: [] });
  expect([said, readdirSync(dirname(path))]).toEqual([[path], []]);
  await open(path).rest.put([restEntry('a')]);
  expect(await countOf(read())).toBe(1);
  // What was open before finds it as well.
  expect(await countOf(store)).toBe(1);
  expect(said).toEqual([path]);
});

it.each([
  ['missing', () => {}],
  ['empty', (path: string) => writeFileSync(path, '')],
])('keeps what the log holds while the file is %s, and has it when the file is back', async (_, leave) => {
  const path = historyPath();
  const store = open(path);
  await store.rest.put([restEntry('a'), restEntry('b')]);
  const away = `${path}.away`;
  renameSync(path, away);
  leave(path);
  const before = filesBeside(path);
  const refused = refusal('RB_HISTORY_UNUSABLE', 'put the file back');
  for (const create of [true, false, true]) expect(() => open(path, { create })).toThrow(refused);
  expect(() => open(path, { whenMissing: () => {} })).toThrow(refused);
  expect(filesBeside(path)).toEqual(before);
  renameSync(away, path);
  expect(await countOf(open(path, { create: false }))).toBe(2);
});

it('is refused for good by who had it open, once it was seen moved', async () => {
  const path = historyPath();
  const store = open(path);
  await store.rest.put([restEntry('a')]);
  const moved = refusal('RB_HISTORY_UNUSABLE', 'moved or removed.*restart this process');
  renameSync(path, `${path}.away`);
  await expect(store.rest.put([restEntry('b')])).rejects.toThrow(moved);
  renameSync(`${path}.away`, path);
  await expect(store.rest.put([restEntry('b')])).rejects.toThrow(moved);
  expect(await countOf(open(path))).toBe(1);
});

it('is not written if its log was removed or replaced, though the file is the same', async () => {
  const path = historyPath();
  const log = `${path}-wal`;
  for (const replace of [() => {}, () => copyFileSync(`${log}.away`, log)]) {
    const store = open(path);
    await store.rest.put([restEntry('a')]);
    renameSync(log, `${log}.away`);
    replace();
    const moved = refusal('RB_HISTORY_UNUSABLE', 'moved or removed.*restart this process');
    await expect(store.rest.put([restEntry('b')])).rejects.toThrow(moved);
    await store.close();
  }
});

it('does not confirm a write during which the file was moved', async () => {
  const path = historyPath();
  const store = open(path);
  const entry = restEntry('a');
  const moving = Object.defineProperty({ ...entry }, 'payload', {
    get: () => {
      if (existsSync(path)) renameSync(path, `${path}.away`);
      return entry.payload;
    },
  });
  await expect(store.rest.put([moving])).rejects.toThrow(refusal('RB_HISTORY_UNUSABLE', 'moved or removed'));
});
