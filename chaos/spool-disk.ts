import { execFileSync } from 'node:child_process';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the spools of a scenario are. */
export type SpoolDisk = {
  /** The stanza `ingress.spool` of the settings; each process has a file of its own. */
  readonly spool: Readonly<Record<string, string>>;
  /** Others take the last byte of the disk, until `free`. Nothing happens where this process cannot mount one. */
  readonly fill: () => Promise<void>;
  readonly free: () => Promise<void>;
};

/** What stands in for the process's name; each of them has it in its environment. */
const FILE = '${SLOT}.sqlite';
/** The spool leaves 16 MiB of its disk. */
const DISK = '18m';

/** The spools of a scenario, in a new folder within `folder`: on a disk with room, or `small`: on one that some hundred callbacks fill or, where this process cannot mount one, with as small a bound. */
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

/** Only root can. */
function mount(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
