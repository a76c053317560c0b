import { startWithoutQueue } from '../contestants/contestant.ts';
import { withClosing } from '../processes.ts';
import type { World } from '../world.ts';
import { warmUp } from './send.ts';

const SHARE = 0.3;

/** Callbacks per second at 30 % of what the limit acks: as measured before, or now. */
export function partialRate(world: World): Promise<number> {
  const known = world.samples.spread('limit', 'ackedPerSecond');
  if (known) return Promise.resolve(known.median * SHARE);
  return withClosing(async (onClose) => {
    const limit = await startWithoutQueue('limit', world.startOptions('everysec', onClose));
    return (await warmUp(world, limit)) * SHARE;
  });
}
