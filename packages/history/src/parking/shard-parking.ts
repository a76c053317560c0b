import { setTimeout as delay } from 'node:timers/promises';
import { RingbackError } from '@ringback/contracts';
import { createParking, NO_BACKLOG, readBacklog } from '@ringback/queue';
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
  const { stop, logger } = options;
  const parking = createParking(options);
  const outputs = options.outputs.map((one) => ({ name: one.output, ...createParkOutput({ ...options, parking }, one) }));

  async function look(): Promise<number> {
    const backlog = await readBacklog(options);
    let wait = LOOK_EVERY_MS;
    for (const output of outputs) wait = Math.min(wait, await output.look(backlog.get(output.name) ?? NO_BACKLOG));
    return wait;
  }

  for (let failures = 0; !stop.aborted;) {
    const wait = await look().then(
      (ms) => {
        if (failures > 0) logger.info({}, 'deliveries are parked again');
        failures = 0;
        return ms;
      },
      (error: unknown) => {
        if (failures === 0 && !stop.aborted) logger.warn(problemOf(error), 'nothing is parked for now');
        failures += 1;
        return Math.min(AGAIN_AFTER_MS.least * 2 ** (failures - 1), AGAIN_AFTER_MS.most);
      },
    );
    await delay(wait, undefined, { signal: stop }).catch(() => {});
  }
  await Promise.allSettled(outputs.map((output) => output.close()));
}

function problemOf(error: unknown): object {
  return error instanceof RingbackError ? { code: error.code, problem: error.message } : { code: 'RB_INTERNAL', err: error };
}
