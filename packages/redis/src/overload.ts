type Watermarks = { readonly high: number; readonly low: number };

/** When callbacks are refused: by memory as a share of maxmemory and, if set, by the number of waiting jobs. */
export type OverloadSettings = { readonly memory: Watermarks; readonly depth?: Watermarks | undefined };

export type Level = { readonly fill: number; readonly depth: number };

/** True from `high` until below `low`. */
function createHysteresis({ high, low }: Watermarks): (level: number) => boolean {
  let above = false;
  return (level) => (above = level >= (above ? low : high));
}

/** Returns a function: given the level, what there is too much of. Undefined: nothing. */
export function createOverload({ memory, depth }: OverloadSettings): (level: Level) => string | undefined {
  const tooFull = createHysteresis(memory);
  const tooDeep = depth === undefined ? () => false : createHysteresis(depth);
  return (level) => {
    // Both MUST see every level: each remembers the last one.
    const [full, deep] = [tooFull(level.fill), tooDeep(level.depth)];
    if (full) return `Redis uses ${Math.round(level.fill * 100)} % of its maxmemory`;
    return deep ? `${level.depth} jobs wait in Redis` : undefined;
  };
}

/**
 * From this share of maxmemory on, workers take no new work that needs memory. It lies halfway between the level at
 * which callbacks are refused and a full Redis, which refuses the writes that BullMQ needs to finish a job.
 */
export function nearlyFullFrom({ memory }: OverloadSettings): number {
  return (memory.high + 1) / 2;
}

/** True below half of each watermark. */
export function isRoomy({ memory, depth }: OverloadSettings, level: Level): boolean {
  return level.fill < memory.high / 2 && (depth === undefined || level.depth < depth.high / 2);
}
