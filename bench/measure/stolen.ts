import { readFileSync } from 'node:fs';

/** All cores, since boot (man 5 proc, /proc/stat). */
type Ticks = { readonly stolen: number; readonly all: number };

/** Share of CPU time from now until the call. Undefined if unknown. */
export function watchStolen(): () => number | undefined {
  const before = readTicks();
  return () => {
    const after = readTicks();
    return before && after && (after.stolen - before.stolen) / (after.all - before.all);
  };
}

function readTicks(): Ticks | undefined {
  try {
    return parseTicks(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return undefined;
  }
}

/** user, nice, system, idle, iowait, irq, softirq, steal. The rest is part of the first two. */
export function parseTicks(stat: string): Ticks | undefined {
  const ticks = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').slice(0, 8).map(Number);
  const stolen = ticks?.[7];
  return ticks && stolen !== undefined ? { stolen, all: ticks.reduce((sum, count) => sum + count, 0) } : undefined;
}
