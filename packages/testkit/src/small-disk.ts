import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export type SmallDisk = {
  readonly folder: string;
  /** Takes all the room that is left; `remove` gives it back. */
  readonly ballast: { readonly add: () => void; readonly remove: () => void };
  readonly setReadOnly: (is: boolean) => void;
};

/** A disk of this size until the test is over. */
export function smallDisk(mebibytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
    rmdirSync(folder);
  });
  const ballast = join(folder, 'ballast');
  const add = () => {
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(ballast, Buffer.alloc(bavail * bsize, 1));
  };
  const setReadOnly = (is: boolean) => void execFileSync('mount', ['-o', `remount,${is ? 'ro' : 'rw'}`, folder]);
  return { folder, ballast: { add, remove: () => rmSync(ballast) }, setReadOnly };
}

/** Only root can make a small disk. */
export function canMount(): boolean {
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
