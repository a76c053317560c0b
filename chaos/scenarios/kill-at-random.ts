import type { AppSlot } from '../app-slot.ts';
import type { World } from '../world.ts';

/** One at a time, each replaced after a moment. */
export async function killAtRandom({ random, size, moment }: World, slots: readonly AppSlot[]): Promise<void> {
  for (let kill = 0; kill < (size === 'full' ? 6 : 2); kill += 1) {
    const slot = random.pick(slots);
    await moment(1500);
    await slot.kill();
    await moment(500);
    await slot.start();
  }
}
