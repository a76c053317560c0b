import { bodyDigest, type Callback, callbackKey, RingbackError } from '@ringback/contracts';
import { batchPartId } from '../bullmq/names.ts';
import type { Bodies } from './bodies/bodies.ts';
import type { DeliveryProducer } from './producer.ts';

export type MoveTogether = {
  readonly bodies: Bodies;
  /** Those of the shard that they go to, if it is another one. */
  readonly bodiesThere?: Bodies | undefined;
  readonly producer: Pick<DeliveryProducer, 'standing'>;
  readonly from: string;
  readonly to: string;
  readonly nearlyFull: () => boolean;
};

/** One batch in one place: a job, or stored bodies under the id `stored`. */
export type Together = {
  readonly batch: string;
  readonly stored?: string | undefined;
  readonly all: readonly Callback[];
  readonly going: readonly Callback[];
};

/**
 * The other output holds them. Within a shard, stored bodies are shared. May be cut off and run again. @throws
 * RingbackError RB_OVERLOADED, RB_JOB_ID_TAKEN, RB_PAYLOAD_INVALID
 */
export async function moveTogether(options: MoveTogether, together: Together): Promise<void> {
  const { bodies, bodiesThere: there = bodies, producer, from, to, nearlyFull } = options;
  const { batch, all } = together;
  // From all that stand there: a later run MUST find the same id.
  const id = batchPartId(batch, bodyDigest([from, to, ...all.map(callbackKey)].join(' ')));
  if (await there.read(id, to)) return;
  const going = without(together.going, await producer.standing(batch));
  const rest = await shareStored(options, { ...together, going });
  if (rest.length === 0) return;
  if (nearlyFull()) throw new RingbackError('RB_OVERLOADED', 'Redis is nearly full: the deliveries stay where they are');
  const share = { output: to, callbacks: rest, state: 'held', beyond: 'held' } as const;
  const [answer] = await there.store({ id, batch, again: true, compact: true, shares: [share] });
  if (answer?.state === 'elsewhere')
    throw new RingbackError('RB_JOB_ID_TAKEN', `other bodies stand under an id of batch ${batch}`);
}

async function shareStored(options: MoveTogether, { batch, stored, all, going }: Together) {
  const { bodies, bodiesThere, from, to } = options;
  if (going.length === 0) return [];
  if (stored !== undefined && bodiesThere === undefined) {
    const answer = await bodies.handOver(stored, { from, to, places: going.map((callback) => all.indexOf(callback)) });
    if (answer === 'held' || answer === 'gone') return [];
  }
  const theirs = await (bodiesThere ?? bodies).read(stored ?? batch, to);
  return without(going, new Set(theirs?.callbacks.map(callbackKey)));
}

function without(callbacks: readonly Callback[], keys: ReadonlySet<string> = new Set()): readonly Callback[] {
  return callbacks.filter((callback) => !keys.has(callbackKey(callback)));
}
