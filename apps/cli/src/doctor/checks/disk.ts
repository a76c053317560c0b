import { statfsSync } from 'node:fs';
import { type Finding, mebibytes } from '@ringback/operations';

const FULL_BELOW_BYTES = 16 * 1024 * 1024;

/** `wants`: bytes that may still be written there. */
export function judgeDisk({ subject, folder, wants }: { subject: string; folder: string; wants: number }): Finding {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const text = `its disk has ${mebibytes(free)} free`;
  if (free >= wants) return { severity: 'ok', subject, text };
  return {
    severity: free < Math.min(FULL_BELOW_BYTES, wants) ? 'error' : 'warning',
    subject,
    text: `${text}, and it may need ${mebibytes(wants)} more`,
    mend: 'make room on that disk, or lower the bound in the settings',
  };
}
