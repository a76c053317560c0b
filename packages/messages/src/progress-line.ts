import type { Progress } from './message.ts';

const BAR_LENGTH = 10;

/** `█████████░ 90 % (90 of 100 orders)` */
export function progressLine({ percent, counts }: Progress): string {
  if (percent === undefined) return counts;
  const filled = Math.floor((percent * BAR_LENGTH) / 100);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_LENGTH - filled)} ${percent} % (${counts})`;
}
