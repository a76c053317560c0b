import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, man 5 proc. */
export const MS_PER_TICK = 10;

/** ms, all threads. NaN if not Linux. */
export function cpuMs(pid: number): number {
  return cpuIn(read(`/proc/${pid}/stat`));
}

/** ms of all threads with this name. 0 without one. */
export function threadCpuMs(pid: number, name: string): number {
  const stats = threads(pid).map((thread) => read(`/proc/${pid}/task/${thread}/stat`));
  return stats.filter((stat) => stat.includes(`(${name})`)).reduce((sum, stat) => sum + cpuIn(stat), 0);
}

function cpuIn(stat: string): number {
  // The name in parentheses may hold anything.
  const [, , , , , , , , , , , user, system] = stat.replace(/^.*\) /s, '').split(' ');
  return (Number(user) + Number(system)) * MS_PER_TICK;
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
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
