import { until } from '@ringback/testkit/bare';
import type { Scenario } from '../scenario.ts';
import type { AppSlot, Readiness } from '../app-slot.ts';
import type { World } from '../world.ts';

const WITHIN_MS = 30_000;

export const fillSpool: Scenario = {
  name: 'fill-spool',
  breaks:
    'Redis is away until the spool has filled its disk; others take the rest of the disk; Redis is back; the disk has room again',
  loss: 'zero',
  setup: { spool: 'small disk' },
  async break(world) {
    for (let round = 0; round < (world.size === 'full' ? 2 : 1); round += 1) {
      for (const ingress of world.ingresses) await breakOnce(world, ingress);
    }
  },
  check: ({ refused }) => (refused > 0 ? [] : ['nothing was refused while the spool was full']),
};

async function breakOnce({ redis, spoolDisk, moment, pass }: World, ingress: AppSlot): Promise<void> {
  const becomes = (what: string, isSo: (readiness: Readiness) => boolean) =>
    until(async () => isSo(await ingress.readiness()), { withinMs: WITHIN_MS, what: () => `the ingress to be ${what}` });
  await moment(1000);
  await redis.kill();
  await becomes('spooling', ({ ready, spooling }) => ready && spooling > 0);
  await becomes('not ready', ({ ready }) => !ready);
  await spoolDisk?.fill();
  await pass(1000);
  await redis.start();
  await becomes('ready, its spool empty', ({ ready, spooling }) => ready && spooling === 0);
  await pass(1000);
  await spoolDisk?.free();
  await pass(2000);
}
