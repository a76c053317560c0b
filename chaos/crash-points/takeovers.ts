import { PREFIX } from '../settings.ts';
import { type Output, OUTPUTS } from './messages.ts';
import type { Stage } from './stage.ts';

/** A number for each output. */
export type PerOutput = Readonly<Record<Output, number>>;

async function perOutput(count: (queue: string) => Promise<number>): Promise<PerOutput> {
  const [crm, ops] = await Promise.all(OUTPUTS.map((output) => count(`${PREFIX}:output.${output}`)));
  return { crm: crm ?? 0, ops: ops ?? 0 };
}

/** Delivery jobs that a worker has taken, and that are not done. */
export function activeJobs({ redis }: Pick<Stage, 'redis'>): Promise<PerOutput> {
  return perOutput((queue) => redis.llen(`${queue}:active`));
}

/** True while no worker has a job under way, and no batch waits for one. */
export async function nothingIsTaken(stage: Pick<Stage, 'redis'>): Promise<boolean> {
  const { redis } = stage;
  const batches = ['active', 'wait'].map((state) => redis.llen(`${PREFIX}:callbacks:${state}`));
  const [{ crm, ops }, ...waiting] = await Promise.all([
    activeJobs(stage),
    redis.zcard(`${PREFIX}:callbacks:delayed`),
    ...batches,
  ]);
  return crm + ops + waiting.reduce((sum, count) => sum + count, 0) === 0;
}

/** Delivery jobs that were taken from a worker whose lock had run out, by BullMQ's event stream. */
function takeovers({ redis }: Pick<Stage, 'redis'>): Promise<PerOutput> {
  return perOutput(async (queue) => {
    const events = await redis.xrange(`${queue}:events`, '-', '+');
    return events.filter(([, fields]) => fields.includes('stalled')).length;
  });
}

/** Takeovers beyond those of the jobs that were active at the crash: on a busy machine a process stands still for longer than its lock by itself, and that is a crash as well. */
export async function furtherTakeovers(stage: Pick<Stage, 'redis'>, active: PerOutput): Promise<PerOutput> {
  const seen = await takeovers(stage);
  return { crm: Math.max(0, seen.crm - active.crm), ops: Math.max(0, seen.ops - active.ops) };
}
