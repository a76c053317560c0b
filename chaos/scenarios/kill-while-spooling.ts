import { until } from '@ringback/testkit/bare';
import { readQueued } from '../queued.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world.ts';

const DRAINS_WITHIN_MS = 30_000;

export const killWhileSpooling: Scenario = {
  name: 'kill-while-spooling',
  breaks:
    'SIGKILL of Redis (fsync always), of an ingress that spools meanwhile, and of the worker; then Redis, before the worker, is back',
  loss: 'zero',
  setup: { ingresses: 2, spool: 'roomy', repeats: 0 },
  async break(world) {
    for (let round = 0; round < (world.size === 'full' ? 2 : 1); round += 1) await breakOnce(world);
  },
  check: ({ refused }) => (refused === 0 ? [] : [`${refused} were refused, though every spool had room`]),
};

async function breakOnce({ redis, ingresses, workers, random, moment }: World): Promise<void> {
  const spooling = async () => {
    const all = await Promise.all(ingresses.map((ingress) => ingress.readiness()));
    return all.reduce((sum, one) => sum + one.spooling, 0);
  };
  await moment(1500);
  await redis.kill();
  await moment(1500);
  const ingress = random.pick(ingresses);
  await ingress.kill();
  await moment(500);
  await ingress.start();
  await moment(1500);
  if ((await spooling()) === 0) throw new Error('nothing was acked while Redis was away');
  // The queue then shows what the spools held.
  await Promise.all(workers.map((worker) => worker.kill()));
  await redis.start();
  await until(async () => (await spooling()) === 0, { withinMs: DRAINS_WITHIN_MS, what: () => 'the spools to be empty' });
  expectOrder(await readQueued(redis.url));
  await Promise.all(workers.map((worker) => worker.start()));
}

/** A sender waits for each answer and keeps its ingress. */
function expectOrder(requestIDs: readonly string[]): void {
  const last = new Map<string, number>();
  for (const requestID of requestIDs) {
    const [sender = '', serial] = requestID.split('-');
    const before = last.get(sender) ?? -1;
    if (Number(serial) < before) throw new Error(`${requestID} stands behind ${sender}-${before} in the queue`);
    last.set(sender, Number(serial));
  }
}
