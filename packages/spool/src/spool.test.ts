import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Spool } from './spool.ts';
import { batch, callback, fill, large, logger, open, spoolPath, takeAll } from './test-spool.ts';

const ids = (spool: Spool) => spool.oldest().map(({ id }) => id);

describe('spool', () => {
  it('returns what was put, oldest first and with its text unchanged', () => {
    const spool = open(spoolPath());
    const odd = callback('odd', '{"big":12345678901234567890,"text":"\\u0026 牛小信😀\\u0000"}\n');
    spool.put(batch('b1', callback('one'), odd));
    spool.put(batch('b0', callback('two')));
    expect(spool.size()).toBe(3);
    expect(spool.oldest()).toMatchObject([batch('b1', callback('one'), odd), batch('b0', callback('two'))]);
    spool.remove(spool.oldest().slice(0, 1));
    expect([ids(spool), spool.size()]).toEqual([['b0'], 1]);
  });

  it('has on disk what it accepted, even if the process is killed', () => {
    const path = spoolPath();
    const spool = open(path);
    spool.put(batch('first'));
    spool.put(batch('second', callback('a'), callback('b')));
    // What a kill leaves behind.
    const copy = spoolPath();
    for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${copy}${end}`);
    const reopened = open(copy);
    expect([ids(reopened), reopened.size()]).toEqual([['first', 'second'], 3]);
  });

  it('goes on where it ended, in order', () => {
    const path = spoolPath();
    const before = open(path);
    before.put(batch('first'));
    before.close();
    const after = open(path);
    after.put(batch('second'));
    expect(ids(after)).toEqual(['first', 'second']);
  });

  it('reads at most one write’s worth, and always one batch', () => {
    const spool = open(spoolPath());
    for (const id of ['a', 'b', 'c']) spool.put(batch(id, callback(id, large(400))));
    spool.put(batch('huge', callback('huge', large(3000))));
    expect(ids(spool)).toEqual(['a', 'b']);
    spool.remove(spool.oldest());
    expect(ids(spool)).toEqual(['c']);
    spool.remove(spool.oldest());
    expect(ids(spool)).toEqual(['huge']);
  });

  it('lets no one else read what it holds', () => {
    const path = spoolPath();
    open(path).put(batch('b'));
    expect([path, `${path}-wal`].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
  });
});

describe('a spool that is full', () => {
  it('refuses, loses nothing, stays within maxBytes, and has room again as batches go, on the disk too', () => {
    const path = spoolPath();
    const maxBytes = 1024 * 1024;
    const spool = open(path, { maxBytes });
    expect(spool.refusal()).toBeUndefined();
    const { kept, refusal } = fill(spool);
    expect(refusal).toMatchObject({ code: 'RB_SPOOL_FULL' });
    expect(kept.length).toBeGreaterThanOrEqual(8);
    spool.put(batch('small'));
    expect(spool.refusal()).toMatchObject({ code: 'RB_SPOOL_FULL' });
    expect(spool.size()).toBe(kept.length + 1);
    expect(takeAll(spool)).toEqual([...kept, 'small']);
    expect(spool.refusal()).toBeUndefined();
    expect(fill(spool).kept).toEqual(kept);
    takeAll(spool);
    spool.close();
    expect(statSync(path).size).toBeLessThan(64 * 1024);
  });

  it('refuses while its oldest batch is too old, and keeps that batch', () => {
    let now = 1_000_000;
    const spool = open(spoolPath(), { maxAge: 1000, now: () => now });
    spool.put(batch('old'));
    now += 1000;
    spool.put(batch('young'));
    now += 1;
    expect(() => spool.put(batch('late'))).toThrow(expect.objectContaining({ code: 'RB_SPOOL_FULL' }));
    expect(spool.refusal()).toMatchObject({ code: 'RB_SPOOL_FULL' });
    expect(ids(spool)).toEqual(['old', 'young']);
    spool.remove(spool.oldest().slice(0, 1));
    spool.put(batch('late'));
    expect(ids(spool)).toEqual(['young', 'late']);
  });
});

describe('a file that cannot be used', () => {
  const openingOf = (path: string) => () => open(path);
  const failure = (words: RegExp) => expect.objectContaining({ code: 'RB_SPOOL_FAILED', message: expect.stringMatching(words) });

  it('is one that another spool has open', () => {
    const path = spoolPath();
    const first = open(path);
    expect(openingOf(path)).toThrow(failure(/another process uses it: give each ingress a spool of its own/));
    first.put(batch('b'));
    first.close();
    expect(ids(open(path))).toEqual(['b']);
  });

  it('is one that is something else', () => {
    const path = spoolPath();
    writeFileSync(path, 'hello world '.repeat(1000));
    expect(openingOf(path)).toThrow(failure(/not a spool, or damaged: move it aside/));
  });

  it('is one that is damaged', () => {
    const path = spoolPath();
    const spool = open(path);
    for (let count = 0; count < 20; count += 1) spool.put(batch(`b${count}`, callback('c', large(100))));
    spool.close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xff, 8192, 8192 + 16));
    expect(openingOf(path)).toThrow(failure(/damaged: move it aside/));
  });

  it('is one in a folder that is not there', () => {
    expect(openingOf(join(spoolPath(), 'spool.sqlite'))).toThrow(failure(/ENOENT/));
  });
});

it('sets a batch aside that cannot be read, in its file, and goes on with the others', () => {
  const path = spoolPath();
  const before = open(path);
  for (const id of ['a', 'b', 'c', 'd']) before.put(batch(id));
  before.close();
  const file = new DatabaseSync(path);
  file.exec(`UPDATE batches SET callbacks = '[{' WHERE id = 'a'; UPDATE batches SET callbacks = '[{"id":1}]' WHERE id = 'c'`);
  file.close();

  const spool = open(path);
  expect([ids(spool), spool.size()]).toEqual([['b', 'd'], 2]);
  expect(logger.error).toHaveBeenCalledTimes(1);
  spool.remove(spool.oldest());
  spool.close();
  expect(open(path).size()).toBe(0);
  const kept = new DatabaseSync(`file:${path}?immutable=1`, { readOnly: true });
  onTestFinished(() => kept.close());
  expect(kept.prepare('SELECT id FROM batches ORDER BY row').all()).toMatchObject([{ id: 'a' }, { id: 'c' }]);
});
