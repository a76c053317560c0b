import { type Callback, callbackKey } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import type { Source } from './move-source.ts';

/** One shard: its keys, and what its ledger remembers. */
export type MovePlace = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly outcomes: (deliveries: { batch: string; output: string }, keys: readonly string[]) => Promise<(string | undefined)[]>;
};

export type Plan = {
  readonly batch: string;
  readonly refused?: string | undefined;
  readonly dead: Callback[];
  readonly alone: Callback[];
  readonly together: Callback[];
  /** By the other output, after a run that was cut off. */
  readonly delivered: Callback[];
  /** What begins to wait at the other output. */
  readonly waiting: Callback[];
  /** They had ended at either output before. */
  readonly ended: number;
};

type Planning = {
  readonly from: string;
  readonly to: { readonly name: string };
  readonly outcomes: MovePlace['outcomes'];
  readonly into: Pick<MovePlace, 'outcomes'>;
  /** The job is a dead letter. */
  readonly failed: boolean;
};

export const movedBy = ({ dead, alone, together }: Omit<Plan, 'ended'>) => dead.length + alone.length + together.length;

/** What to do with what one job or held batch has. */
export async function planOf(source: Source, { from, to, outcomes, into, failed }: Planning): Promise<Plan> {
  const { kind, batch, callbacks, refused: why } = source;
  const keys = callbacks.map(callbackKey);
  const [before, there] = await Promise.all([
    outcomes({ batch, output: from }, keys),
    into.outcomes({ batch, output: to.name }, keys),
  ]);
  const refused = failed ? undefined : why;
  const plan: Omit<Plan, 'ended'> = { batch, refused, dead: [], alone: [], together: [], delivered: [], waiting: [] };
  for (const [index, callback] of callbacks.entries()) {
    // A delivery of a batch with an outcome has ended, or is in another place. One that has returned is in this one.
    const isElsewhere = before[index] !== undefined && before[index] !== 'returned';
    const isOver = before[index] === 'delivered' || (kind !== 'single' && isElsewhere);
    if (isOver) continue;
    if (there[index] === 'delivered') {
      plan.delivered.push(callback);
      continue;
    }
    if (!failed && refused === undefined && there[index] !== 'dead') plan.waiting.push(callback);
    if (failed || refused !== undefined) plan.dead.push(callback);
    // A batch skips deliveries with an outcome; a job of one delivery attempts it.
    else if (kind === 'single' || there[index] !== undefined) plan.alone.push(callback);
    else plan.together.push(callback);
  }
  return { ...plan, ended: callbacks.length - movedBy(plan) };
}
