import { readFileSync } from 'node:fs';

/** Linux counts a process's time in hundredths of a second, whatever its kernel's own tick (USER_HZ, man 5 proc). */
const MS_PER_TICK = 10;

/** CPU time that a process has used so far, all its threads, in ms. NaN where the system does not show it (not Linux). */
export function cpuMs(pid: number): number {
  // The name, in parentheses, may hold anything; what follows is separated by blanks.
  const [, , , , , , , , , , , user, system] = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(user) + Number(system)) * MS_PER_TICK;
}

/** Resident memory of a process, in bytes; NaN as above. */
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
