import { RingbackError } from '@ringback/contracts';
import { type connectForCommand, refusalOf, type Sharded, shardsOf } from '@ringback/redis';
import { connectRedis } from './connect-redis.ts';

export type ReachedShard = {
  readonly number: number;
  readonly redis: Awaited<ReturnType<typeof connectForCommand>>;
  readonly prefix: string;
};

/** A shard that does not answer, and why. */
export type LostShard = { readonly number: number; readonly error: RingbackError };

export type Shards = {
  /** How many the settings name. */
  readonly count: number;
  /** By their number. At least one. */
  readonly reached: readonly ReachedShard[];
  /** Grows while a list is read. */
  readonly lost: LostShard[];
};

/** @throws RingbackError RB_REDIS_UNAVAILABLE if no shard answers, or RB_CONFIG_INVALID */
export async function connectShards(settings: Sharded, env: Readonly<Record<string, string | undefined>>): Promise<Shards> {
  const shards = shardsOf(settings);
  const attempts = await Promise.allSettled(shards.map((shard) => connectRedis(shard, env)));
  const reached: ReachedShard[] = [];
  const lost: LostShard[] = [];
  for (const [number, { prefix }] of shards.entries()) {
    const attempt = attempts[number];
    if (attempt?.status === 'fulfilled') reached.push({ number, prefix, redis: attempt.value });
    else lost.push({ number, error: refusalFrom(attempt?.reason) });
  }
  const found = { count: shards.length, reached, lost };
  if (reached.length === 0) throw lostError(found);
  return found;
}

/** What counts for the whole installation stands on shard 0. Undefined: it does not answer, and joins `lost`. */
export async function askHome<T>(shards: Shards, ask: (shard: ReachedShard) => Promise<T>): Promise<T | undefined> {
  const home = remaining(shards).find(({ number }) => number === 0);
  return home && answerOf(shards, home, ask);
}

/**
 * For lists: asks all shards at once. One that does not answer is left out from then on, and joins `lost`.
 * @throws RingbackError if none is left
 */
export async function askShards<T>(shards: Shards, ask: (shard: ReachedShard) => Promise<T>): Promise<Map<number, T>> {
  const answers = new Map<number, T>();
  await Promise.all(
    remaining(shards).map(async (shard) => {
      const answer = await answerOf(shards, shard, ask);
      if (answer !== undefined) answers.set(shard.number, answer);
    }),
  );
  if (answers.size === 0) throw lostError(shards);
  return new Map([...answers].toSorted(([a], [b]) => a - b));
}

/** With one shard, its error is thrown as it is. */
async function answerOf<T>(
  shards: Shards,
  shard: ReachedShard,
  ask: (shard: ReachedShard) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask(shard);
  } catch (error) {
    if (shards.count === 1) throw error;
    loseShard(shards, shard, error);
    return undefined;
  }
}

/** @throws what is a bug */
export function loseShard({ lost }: Shards, { number }: ReachedShard, error: unknown): void {
  const refusal = refusalFrom(error);
  if (lost.every((one) => one.number !== number)) lost.push({ number, error: refusal });
}

function remaining({ reached, lost }: Shards): ReachedShard[] {
  return reached.filter(({ number }) => lost.every((one) => one.number !== number));
}

/**
 * For changes: one shard after the other, whatever happened on another one. Shard 0 comes last: what it knows of
 * outputs MUST outlast the others' for a second run. With one shard, its error is thrown as it is.
 */
export async function changeShards<T>(
  shards: Shards,
  change: (shard: ReachedShard) => Promise<T>,
): Promise<{ readonly done: readonly T[]; readonly failed: readonly LostShard[] }> {
  const done: T[] = [];
  const failed: LostShard[] = [];
  for (const shard of shards.reached.toReversed()) {
    try {
      done.push(await change(shard));
    } catch (error) {
      if (shards.count === 1) throw error;
      failed.push({ number: shard.number, error: refusalFrom(error) });
    }
  }
  return { done, failed };
}

/** For what must know all: a count without one shard would lead to half a change. @throws RingbackError */
export function requireAll(shards: Shards): void {
  if (shards.lost.length > 0) throw lostError(shards, '. Nothing was changed');
}

/** Of Redis or of ours. A bug is thrown. */
export function refusalFrom(error: unknown): RingbackError {
  const refusal = refusalOf(error) ?? error;
  if (refusal instanceof RingbackError) return refusal;
  throw error;
}

/** With one shard, its own error. */
export function lostError({ count, lost }: Pick<Shards, 'count' | 'lost'>, end = ''): RingbackError {
  const [first] = lost;
  const code = first?.error.code ?? 'RB_REDIS_UNAVAILABLE';
  return new RingbackError(code, `${lostReasons({ count, lost }).join('; ')}${end}`);
}

/** One text for each reason: shards of one primary have the same. */
export function lostReasons({ count, lost }: { readonly count: number; readonly lost: readonly LostShard[] }): string[] {
  if (count === 1) return lost.map(({ error }) => error.message);
  const byReason = Map.groupBy(lost, ({ error }) => error.message);
  return [...byReason].map(([reason, same]) => `${shardsInWords(same, count)}: ${reason}`);
}

export function shardsInWords(shards: readonly { readonly number: number }[], count: number): string {
  const numbers = shards.map(({ number }) => number).toSorted((a, b) => a - b);
  return `shard${numbers.length === 1 ? '' : 's'} ${numbers.join(', ')} of ${count}`;
}
