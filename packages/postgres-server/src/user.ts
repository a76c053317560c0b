import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { SystemUser } from './server-spec.ts';

/** In this order. Every Debian has the second. */
const NAMES = ['postgres', 'nobody'];

/** As whom PostgreSQL runs: undefined for ourselves, another user if we are root. @throws Error if there is none */
export async function serverUser(passwd = '/etc/passwd', { uid }: { uid: number } = userInfo()): Promise<SystemUser | undefined> {
  if (uid !== 0) return undefined;
  const lines = (await readFile(passwd, 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const fields = NAMES.flatMap((name) => lines.filter(([found]) => found === name))[0];
  if (fields === undefined) throw new Error(`PostgreSQL refuses to run as root, and there is no user ${NAMES.join(' or ')}`);
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}
