/** In the same unit as the level. */
type Watermarks = { readonly high: number; readonly low: number };

/** When callbacks are refused: by Redis's memory as a share of its maxmemory, and, where set, by the number of waiting jobs. */
export type OverloadSettings = { readonly memory: Watermarks; readonly depth?: Watermarks | undefined };

export type Level = { readonly fill: number; readonly depth: number };

/** True from `high` on until below `low`. */
function createHysteresis({ high, low }: Watermarks): (level: number) => boolean {
  let above = false;
  return (level) => (above = level >= (above ? low : high));
}

/** Tells from level to level what there is too much of; undefined: nothing. */
export function createOverload({ memory, depth }: OverloadSettings): (level: Level) => string | undefined {
  const tooFull = createHysteresis(memory);
  const tooDeep = depth === undefined ? () => false : createHysteresis(depth);
  return (level) => {
    // Both see every level, or one would judge by an old one later.
    const [full, deep] = [tooFull(level.fill), tooDeep(level.depth)];
    if (full) return `Redis uses ${Math.round(level.fill * 100)} % of its maxmemory`;
    return deep ? `${level.depth} jobs wait in Redis` : undefined;
  };
}

/**
 * From here on the workers take no new work that needs memory to get done: halfway between where callbacks are refused and where
 * Redis refuses every write, which BullMQ needs to finish anything.
 */
export function nearlyFullFrom({ memory }: OverloadSettings): number {
  return (memory.high + 1) / 2;
}

/** True while not even half of the way to a watermark is gone. */
export function isRoomy({ memory, depth }: OverloadSettings, level: Level): boolean {
  return level.fill < memory.high / 2 && (depth === undefined || level.depth < depth.high / 2);
}
