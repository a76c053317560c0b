import { readFileSync } from 'node:fs';
import { MS_PER_TICK } from './process.ts';

/** All cores, since boot (man 5 proc, /proc/stat). */
type Ticks = { readonly stolen: number; readonly idle: number; readonly all: number };

/** Share of CPU time from now until the call. Undefined if unknown. */
export function watchStolen(): () => number | undefined {
  const before = readTicks();
  return () => {
    const after = readTicks();
    return before && after && (after.stolen - before.stolen) / (after.all - before.all);
  };
}

/**
 * From now until the call: the share of all CPU time that nobody used, and that which others on this machine took, with
 * what its host took. `ownMs`: CPU time of what is measured. Undefined if unknown.
 */
export function watchCores(): (ownMs: number) => { idle: number; others: number } | undefined {
  const before = readTicks();
  return (ownMs) => {
    const after = readTicks();
    if (!before || !after) return undefined;
    const all = after.all - before.all;
    const idle = (after.idle - before.idle) / all;
    return { idle, others: Math.max(0, 1 - idle - ownMs / MS_PER_TICK / all) };
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
  const [idle = 0, waiting = 0, stolen] = [ticks?.[3], ticks?.[4], ticks?.[7]];
  if (!ticks || stolen === undefined) return undefined;
  return { stolen, idle: idle + waiting, all: ticks.reduce((sum, count) => sum + count, 0) };
}
