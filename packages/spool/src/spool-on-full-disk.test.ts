import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Spool } from './spool.ts';
import { batch, callback, fill, large, open, spoolPath, takeAll } from './test-spool.ts';

describe.skipIf(!canMount())('a spool on a disk that is full', () => {
  it('leaves on a small disk the room that it needs to become empty again by itself', () => {
    const { path } = onDisk();
    const spool = open(path);
    const [some, more] = [fill(spool), fill(spool, 4)];
    expect([some.refusal, more.refusal]).toMatchObject([{ code: 'RB_SPOOL_FULL' }, { code: 'RB_SPOOL_FULL' }]);
    expect(some.kept.length).toBeGreaterThan(0);
    expect(spool.refusal()).toMatchObject({ code: 'RB_SPOOL_FULL' });
    expect(takeAll(spool)).toEqual([...some.kept, ...more.kept]);
    expect(spool.refusal()).toBeUndefined();
    expect(fill(spool).kept.length).toBeGreaterThan(0);
  });

  it('gives back all of it once while others leave no room even to delete it, and deletes it when they do', () => {
    const { path, ballast } = onDisk();
    const spool = open(path);
    const kept = ['a', 'b', 'c'];
    for (const id of kept) spool.put(batch(id, callback(id, large(100))));
    ballast.add();
    expect(takeAllOnFullDisk(spool)).toEqual(kept);
    expect(() => spool.oldest()).toThrow(expect.objectContaining({ code: 'RB_SPOOL_FULL' }));
    expect([spool.size(), spool.refusal()]).toEqual([0, expect.objectContaining({ code: 'RB_SPOOL_FULL' })]);
    ballast.remove();
    spool.put(batch('after'));
    expect(takeAll(spool)).toEqual(['after']);
    spool.close();
    expect(open(path).oldest()).toEqual([]);
  });
});

/** As `takeAll`, without the look that finds it empty. */
function takeAllOnFullDisk(spool: Spool): string[] {
  const all: string[] = [];
  while (spool.size() > 0) {
    const batches = spool.oldest();
    all.push(...batches.map(({ id }) => id));
    spool.remove(batches);
  }
  return all;
}

/** A path on a disk of 20 MiB, and what others may fill it with. */
function onDisk() {
  const disk = join(dirname(spoolPath()), 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', disk]);
  onTestFinished(() => void execFileSync('umount', ['-l', disk]));
  const ballast = join(disk, 'ballast');
  const add = () => {
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(ballast, Buffer.alloc(bavail * bsize, 1));
  };
  return { path: join(disk, 'spool.sqlite'), ballast: { add, remove: () => rmSync(ballast) } };
}

/** Only root can make a small disk. */
function canMount(): boolean {
  const disk = mkdtempSync(join(tmpdir(), 'ringback-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' });
    execFileSync('umount', [disk]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(disk);
  }
}
