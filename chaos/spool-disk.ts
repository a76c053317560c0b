import { execFileSync } from 'node:child_process';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type SpoolDisk = {
  /** `ingress.spool`, with a file for each process. */
  readonly spool: Readonly<Record<string, string>>;
  /** Takes the last byte until `free`. No effect if no disk could be mounted. */
  readonly fill: () => Promise<void>;
  readonly free: () => Promise<void>;
};

/** From each process's environment. */
const FILE = '${SLOT}.sqlite';
/** The spool leaves 16 MiB free. */
const DISK = '18m';

/** In a new folder. `small`: a disk (or a limit, without the right to mount) for some hundred callbacks. */
export async function createSpoolDisk(
  { folder, small }: { folder: string; small: boolean },
  onClose: (closer: () => Promise<unknown>) => void,
): Promise<SpoolDisk> {
  const disk = join(folder, 'spools');
  const ballast = join(disk, 'ballast');
  await mkdir(disk);
  const mounted = small && mount(disk);
  if (mounted) onClose(async () => execFileSync('umount', ['-l', disk]));
  return {
    spool: { path: join(disk, FILE), ...(small && !mounted && { maxBytes: '1MiB' }) },
    async fill() {
      if (!mounted) return;
      const { bavail, bsize } = await statfs(disk);
      await writeFile(ballast, Buffer.alloc(bavail * bsize, 1));
    },
    free: () => rm(ballast, { force: true }),
  };
}

/** Needs root. */
function mount(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
