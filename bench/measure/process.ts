import { readFileSync } from 'node:fs';

/** USER_HZ, man 5 proc. */
export const MS_PER_TICK = 10;

/** ms, all threads. NaN if not Linux. */
export function cpuMs(pid: number): number {
  // The name in parentheses may hold anything.
  const [, , , , , , , , , , , user, system] = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(user) + Number(system)) * MS_PER_TICK;
}

/** NaN if not Linux. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1]) * 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
