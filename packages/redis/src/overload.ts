type Watermarks = { readonly high: number; readonly low: number };

export type OverloadSettings = { readonly memory: Watermarks; readonly depth?: Watermarks | undefined };

export type Level = { readonly fill: number; readonly depth: number };

/** True from `high` until below `low`. */
function createHysteresis({ high, low }: Watermarks): (level: number) => boolean {
  let above = false;
  return (level) => (above = level >= (above ? low : high));
}

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

/** Share of maxmemory from which workers begin nothing: a full Redis would refuse what BullMQ needs to finish a job. */
export function nearlyFullFrom({ memory }: OverloadSettings): number {
  return (memory.high + 1) / 2;
}

export function isRoomy({ memory, depth }: OverloadSettings, level: Level): boolean {
  return level.fill < memory.high / 2 && (depth === undefined || level.depth < depth.high / 2);
}
