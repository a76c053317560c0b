import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { canMount, smallDisk } from '@ringback/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openHistory } from '../open.ts';
import { NO_ROWS } from '../store/rows.ts';
import { attemptRow, callbackRow, callbackRows, deliveryRow, T } from '../store/test-rows.ts';
import { restEntry } from '../store/test-suite-rest.ts';
import { MIGRATIONS } from './migrations.ts';
import { historyPath, open } from './test-sqlite.ts';

/** With its code, and words that say where and how to mend it. */
const refusal = (code: string, ...words: string[]) =>
  expect.objectContaining({ code, message: expect.stringMatching(new RegExp(`^the history .*${words.join('.*')}`, 'u')) });

const raw = (path: string): DatabaseSync => {
  const file = new DatabaseSync(path);
  onTestFinished(() => void (file.isOpen && file.close()));
  return file;
};

const rows = (count: number, kibibytes = 0) => ({
  ...NO_ROWS,
  callbacks: callbackRows(count, (i) => ({ body: `${i}${'x'.repeat(kibibytes * 1024)}` })),
});

const contentAt = (path: string) => (existsSync(path) && statSync(path).isFile() ? readFileSync(path) : undefined);

describe('the file', () => {
  it('is made beside the settings, with its folder, and only our user reads it', async () => {
    const folder = dirname(historyPath());
    const store = await openHistory({ store: 'sqlite', path: 'new/deep/history.sqlite' }, { folder });
    onTestFinished(() => store.close());
    await store.write(rows(1));
    const path = join(folder, 'new/deep/history.sqlite');
    expect(['', '-wal', '-shm'].map((end) => statSync(`${path}${end}`).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['a folder', (path: string) => mkdirSync(path), 'RB_HISTORY_UNAVAILABLE', 'cannot be opened'],
    ['no file’s place', (path: string) => writeFileSync(dirname(path), ''), 'RB_HISTORY_UNAVAILABLE', 'E[A-Z]+'],
    ['a text', (path: string) => writeFileSync(path, 'history: yes\n'.repeat(99)), 'RB_HISTORY_UNUSABLE', 'name another path'],
    ['another program’s', (path: string) => raw(path).exec('CREATE TABLE t (x)'), 'RB_HISTORY_UNUSABLE', 'name another path'],
    [
      'marked by another program',
      (path: string) => raw(path).exec('PRAGMA application_id = 7'),
      'RB_HISTORY_UNUSABLE',
      'name another path',
    ],
    [
      'made by a newer Ringback',
      (path: string) => open(path, { migrations: [...MIGRATIONS, 'CREATE TABLE more (x)'] }),
      'RB_HISTORY_UNUSABLE',
      'newer Ringback',
    ],
  ])('is refused, and left alone, if it is %s', (_, make, code, words) => {
    const path = join(dirname(historyPath()), 'of', 'history.sqlite');
    if (words !== 'E[A-Z]+') mkdirSync(dirname(path));
    make(path);
    const before = contentAt(path);
    expect(() => open(path)).toThrow(refusal(code, path, words));
    expect(contentAt(path)).toEqual(before);
  });

  it('says so while another process holds it locked, and goes on afterwards', async () => {
    const path = historyPath();
    const store = open(path, { busyMs: 20 });
    await store.write(rows(1));
    const other = raw(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.write(rows(2))).rejects.toThrow(refusal('RB_HISTORY_UNAVAILABLE', path, 'locked'));
    await expect(store.prune({ before: T + 9 })).rejects.toThrow(refusal('RB_HISTORY_UNAVAILABLE', path, 'locked'));
    expect([await store.count({}), await open(path, { busyMs: 20 }).count({})]).toEqual([1, 1]);
    other.exec('ROLLBACK');
    await store.write(rows(2));
    expect(await store.count({})).toBe(2);
  });

  it('says so if it was removed or replaced while it is in use', async () => {
    const path = historyPath();
    const store = open(path);
    await store.write(rows(1));
    const moved = refusal('RB_HISTORY_UNUSABLE', path, 'restart this process');
    renameSync(path, `${path}.backup`);
    await expect(store.write(rows(2))).rejects.toThrow(moved);
    writeFileSync(path, '');
    await expect(store.count({})).rejects.toThrow(moved);
    renameSync(`${path}.backup`, path);
    await expect(store.count({})).rejects.toThrow(moved);
    expect(await open(path).count({})).toBe(1);
  });

  it('says so if it is damaged', async () => {
    const path = historyPath();
    const before = open(path);
    await before.write(rows(2000));
    await before.close();
    const file = openSync(path, 'r+');
    for (let at = 2 * 8192; at < statSync(path).size; at += 8192) writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, at);
    closeSync(file);
    await expect((async () => await open(path).find({}, { limit: 999, bodies: true }))()).rejects.toThrow(
      refusal('RB_HISTORY_UNUSABLE', path, 'damaged', 'restore a backup'),
    );
  });

  it('does not take a bug for an outage', async () => {
    const store = open(historyPath());
    const unknown: unknown = { ...callbackRow('a'), time: {} };
    await expect(store.write({ ...NO_ROWS, callbacks: [unknown as ReturnType<typeof callbackRow>] })).rejects.not.toHaveProperty(
      'code',
      'RB_HISTORY_UNAVAILABLE',
    );
    await store.write(rows(1));
    expect(await store.count({})).toBe(1);
  });

  it('keeps nothing of a write that failed, and of no name that it gave', async () => {
    const store = open(historyPath());
    const broken: unknown = { ...attemptRow(callbackRow('a')), output: 'new', ms: null };
    const write = store.write({ ...rows(1), attempts: [broken as ReturnType<typeof attemptRow>] });
    await expect(write).rejects.toThrow('NOT NULL');
    expect(await store.status()).toMatchObject({ callbacks: 0, attempts: 0, bodies: 0 });
    const row = callbackRow('b');
    await store.write({ ...NO_ROWS, callbacks: [row], deliveries: [deliveryRow(row, { output: 'new' })] });
    expect(await store.find({ output: 'new' }, { limit: 9 })).toMatchObject([{ id: 'b', deliveries: [{ output: 'new' }] }]);
  });
});

describe.skipIf(!canMount())('a disk that is full or read-only', () => {
  it('says so, keeps what was written, and goes on when there is room', async () => {
    const { folder, ballast } = smallDisk(8);
    const store = open(join(folder, 'history.sqlite'));
    await store.write(rows(10));
    await store.rest.put([restEntry('kept')]);
    ballast.add();
    const full = refusal('RB_HISTORY_UNAVAILABLE', folder, 'disk is full: make room');
    await expect(store.write(rows(50, 100))).rejects.toThrow(full);
    await expect(store.rest.put([restEntry('more', { payload: 'x'.repeat(2 ** 20) })])).rejects.toThrow(full);
    expect([await store.count({}), (await store.rest.counts())[0]?.count]).toEqual([10, 1]);
    ballast.remove();
    await store.write(rows(20));
    await store.rest.put([restEntry('more')]);
    expect([await store.count({}), (await store.rest.counts())[0]?.count]).toEqual([20, 2]);
  });

  it('cannot be made on a full disk', () => {
    const { folder, ballast } = smallDisk(1);
    ballast.add();
    expect(() => open(join(folder, 'history.sqlite'))).toThrow(refusal('RB_HISTORY_UNAVAILABLE', folder, '(disk|E[A-Z]+)'));
  });

  it('says so while the disk is read-only', async () => {
    const { folder, setReadOnly } = smallDisk(8);
    const path = join(folder, 'history.sqlite');
    const before = open(path);
    await before.write(rows(3));
    await before.close();
    setReadOnly(true);
    await expect((async () => await open(path).write(rows(4)))()).rejects.toThrow(refusal('RB_HISTORY_UNAVAILABLE', path));
    setReadOnly(false);
    expect(await open(path).count({})).toBe(3);
  });
});
