import { PREFIX } from '../settings.ts';
import { type Output, OUTPUTS } from './messages.ts';
import type { Stage } from './stage.ts';

export type PerOutput = Readonly<Record<Output, number>>;

async function perOutput(count: (queue: string) => Promise<number>): Promise<PerOutput> {
  const [crm, ops] = await Promise.all(OUTPUTS.map((output) => count(`${PREFIX}:output.${output}`)));
  return { crm: crm ?? 0, ops: ops ?? 0 };
}

export function activeJobs({ redis }: Pick<Stage, 'redis'>): Promise<PerOutput> {
  return perOutput((queue) => redis.llen(`${queue}:active`));
}

/** No active job, no waiting batch. */
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

/** From BullMQ's event stream. */
function takeovers({ redis }: Pick<Stage, 'redis'>): Promise<PerOutput> {
  return perOutput(async (queue) => {
    const events = await redis.xrange(`${queue}:events`, '-', '+');
    return events.filter(([, fields]) => fields.includes('stalled')).length;
  });
}

/**
 * More takeovers than active jobs at the crash: on a busy machine a process may lose its lock by itself,
 * which is a crash too.
 */
export async function furtherTakeovers(stage: Pick<Stage, 'redis'>, active: PerOutput): Promise<PerOutput> {
  const seen = await takeovers(stage);
  return { crm: Math.max(0, seen.crm - active.crm), ops: Math.max(0, seen.ops - active.ops) };
}
