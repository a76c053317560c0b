import { setTimeout as delay } from 'node:timers/promises';
import { createParking, NO_BACKLOG, readBacklog } from '@ringback/queue';
import { problemOf } from '../problem-of.ts';
import { createParkOutput, LOOK_EVERY_MS, type ParkedOutput, type ParkOutputDeps } from './park-output.ts';

const AGAIN_AFTER_MS = { least: 200, most: 10_000 } as const;

export type ShardParkingOptions = Omit<ParkOutputDeps, 'parking'> & {
  readonly outputs: readonly ParkedOutput[];
  /** Dedupe window, ms. */
  readonly window: number;
  readonly stop: AbortSignal;
};

/**
 * Parks what outputs hold beyond their bounds in one shard, and brings it back once they hold little. Resolves when it
 * has stopped; never rejects. Several processes may do this for the same shard.
 */
export async function runShardParking(options: ShardParkingOptions): Promise<void> {
  const { stop } = options;
  const parking = createParking(options);
  const outputs = options.outputs.map((one) => {
    const patiently = createPatience(options, { output: one.output });
    return { name: one.output, parked: createParkOutput({ ...options, parking }, one), patiently };
  });
  const patiently = createPatience(options, {});

  async function look(): Promise<number> {
    const backlog = await readBacklog(options);
    let wait = LOOK_EVERY_MS;
    // One that fails MUST NOT hold up the others.
    for (const { name, parked, patiently: one } of outputs) {
      wait = Math.min(wait, await one(() => parked.look(backlog.get(name) ?? NO_BACKLOG)));
    }
    return wait;
  }

  while (!stop.aborted) await delay(await patiently(look), undefined, { signal: stop }).catch(() => {});
  await Promise.allSettled(outputs.map(({ parked }) => parked.close()));
}

/** Runs work that says when to run it again; after failures later and later. The first of them is logged. */
function createPatience({ stop, logger }: Pick<ShardParkingOptions, 'stop' | 'logger'>, whose: { readonly output?: string }) {
  let [failures, againAt] = [0, 0];
  return async (work: () => Promise<number>): Promise<number> => {
    const left = againAt - performance.now();
    if (left > 0) return left;
    try {
      const wait = await work();
      if (failures > 0) logger.info({ ...whose }, 'deliveries are parked again');
      failures = 0;
      return wait;
    } catch (error) {
      if (failures === 0 && !stop.aborted) logger.warn({ ...whose, ...problemOf(error) }, 'nothing is parked for now');
      failures += 1;
      const wait = Math.min(AGAIN_AFTER_MS.least * 2 ** (failures - 1), AGAIN_AFTER_MS.most);
      againAt = performance.now() + wait;
      return wait;
    }
  };
}
