import { bodyDigest, type Callback, callbackKey, RingbackError } from '@ringback/contracts';
import { batchPartId } from '../bullmq/names.ts';
import type { Bodies } from './bodies/bodies.ts';
import type { DeliveryProducer } from './producer.ts';

export type MoveTogether = {
  readonly bodies: Bodies;
  /** Of the output that they go to. */
  readonly producer: Pick<DeliveryProducer, 'standing'>;
  readonly from: string;
  readonly to: string;
  /** True while Redis is nearly full. */
  readonly nearlyFull: () => boolean;
};

/** Deliveries of one batch that stand together: in a job, or, by reference, under the id `stored`. */
export type Together = {
  readonly batch: string;
  readonly stored?: string | undefined;
  /** All that stand there, whatever has become of them. */
  readonly all: readonly Callback[];
  /** Those of them that are to go. */
  readonly going: readonly Callback[];
};

/**
 * Has the other output hold them; its worker feeds them as its queue has room. What is stored stays where it is, and is only shared: that takes next to no memory. May be cut off and run again.
 * @throws RingbackError RB_OVERLOADED where it takes memory and Redis is nearly full, RB_JOB_ID_TAKEN, RB_PAYLOAD_INVALID
 */
export async function moveTogether(options: MoveTogether, together: Together): Promise<void> {
  const { bodies, producer, from, to, nearlyFull } = options;
  const { batch, all } = together;
  // By all that stand there: a run after this one, which finds fewer left to go, MUST find the same id.
  const id = batchPartId(batch, bodyDigest([from, to, ...all.map(callbackKey)].join(' ')));
  if (await bodies.read(id, to)) return;
  const going = without(together.going, await producer.standing(batch));
  const rest = await shareStored(options, { ...together, going });
  if (rest.length === 0) return;
  if (nearlyFull()) throw new RingbackError('RB_OVERLOADED', 'Redis is nearly full: the deliveries stay where they are');
  const share = { output: to, callbacks: rest, state: 'held', beyond: 'held' } as const;
  const [answer] = await bodies.store({ id, batch, again: true, compact: true, shares: [share] });
  if (answer?.state === 'elsewhere')
    throw new RingbackError('RB_JOB_ID_TAKEN', `other bodies stand under an id of batch ${batch}`);
}

/** Resolves to what has to be stored anew. */
async function shareStored({ bodies, from, to }: MoveTogether, { batch, stored, all, going }: Together) {
  if (going.length === 0) return [];
  if (stored !== undefined) {
    const answer = await bodies.handOver(stored, { from, to, places: going.map((callback) => all.indexOf(callback)) });
    if (answer === 'held' || answer === 'gone') return [];
  }
  const theirs = await bodies.read(stored ?? batch, to);
  return without(going, new Set(theirs?.callbacks.map(callbackKey)));
}

function without(callbacks: readonly Callback[], keys: ReadonlySet<string> = new Set()): readonly Callback[] {
  return callbacks.filter((callback) => !keys.has(callbackKey(callback)));
}
