import { bodyDigest, type Callback, callbackKey, type Logger, RingbackError } from '@ringback/contracts';
import {
  type BacklogBound,
  type Bodies,
  batchPartId,
  type DeliveryProducer,
  type RoutedBatch,
  type Share,
  type TakenBatch,
} from '@ringback/queue';
import { allSettled } from '../all-settled.ts';
import type { HistoryEvents } from '../history/events.ts';
import type { LaneFlow } from '../output/lane-flow.ts';
import type { Reach } from '../shard/reach.ts';
import type { TellEnded } from '../tell-ended.ts';

/** What a shard has for all of its outputs, as a fan-out needs it. */
export type FanOutShard = {
  readonly bodies: Bodies;
  readonly drop: (dropped: { batch: string; output: string; keys: readonly string[] }) => Promise<number>;
  /** Keeps the outcomes of the batch at these outputs for a dedupe window from now. */
  readonly renew: (batch: string, outputs: readonly string[]) => Promise<void>;
  /** True while memory is short: what waits takes less of it then. */
  readonly tight: () => boolean;
  readonly nearlyFull: () => boolean;
  /** Absent: there is no history. */
  readonly history?: Pick<HistoryEvents, 'attemptOf' | 'attempted'> | undefined;
  /** Absent: nobody wants to know. */
  readonly tellEnded?: TellEnded | undefined;
  /** Another shard than the batch's: it may be away. */
  readonly reach?: Pick<Reach, 'write'>;
};

export type FanOutTarget = {
  readonly shard: FanOutShard;
  readonly producer: Pick<DeliveryProducer, 'addBatch' | 'addReferences' | 'addRefused' | 'standing'>;
  readonly flow: LaneFlow;
  /** A rate limit counts jobs: each delivery is one. */
  readonly alone: boolean;
  readonly backlog: { readonly most: () => BacklogBound | undefined; readonly over: 'hold' | 'dead-letter' | 'drop' };
};

export type FanOutDeps = { readonly targets: ReadonlyMap<string, FanOutTarget>; readonly logger: Logger };

type Part = { readonly output: string; readonly target: FanOutTarget; readonly callbacks: readonly Callback[] };
type Run = Omit<RoutedBatch, 'callbacks'> & Pick<TakenBatch, 'last'>;

export type FanOut = (batch: Run, perOutput: ReadonlyMap<string, readonly Callback[]>) => Promise<void>;

const CODE = 'RB_OUTPUT_BACKLOG';
const REFUSED = `${CODE}: more waits for the output than its backlog allows`;
const BEYOND = { hold: 'held', 'dead-letter': 'dead', drop: 'dropped' } as const;

/**
 * A single output that flows gets one job with the bodies. Otherwise the bodies are stored once in each shard: outputs
 * that flow get a job that names them, others hold their id. A repeated run adds what is missing.
 */
export function createFanOut({ targets, logger }: FanOutDeps): FanOut {
  /** The settings exclude this, but a callback MUST NOT get lost. */
  function targetOf(output: string): FanOutTarget {
    const target = targets.get(output);
    if (!target) throw new RingbackError('RB_INTERNAL', `no queue for output ${output}`);
    return target;
  }

  return async (batch, perOutput) => {
    const all = [...perOutput].map(([output, callbacks]) => ({ output, callbacks, target: targetOf(output) }));
    const addTo = ([shard, parts]: readonly [FanOutShard, readonly Part[]]) => {
      const add = () => addParts({ batch, shard, logger }, parts);
      return shard.reach ? shard.reach.write(add) : add();
    };
    // A shard that is away keeps the batch, and the deliveries in other shards go on.
    await allSettled([...Map.groupBy(all, ({ target }) => target.shard)].map(addTo));
  };
}

type InShard = { readonly batch: Run; readonly shard: FanOutShard; readonly logger: Logger };

/** To outputs of one shard. */
async function addParts(context: InShard, all: readonly Part[]): Promise<void> {
  const { batch, shard } = context;
  // The batch may have waited long: its outcomes MUST stay known.
  if (batch.again)
    await shard.renew(
      batch.id,
      all.map(({ output }) => output),
    );
  // In a second run the settings may differ, and so may the outputs.
  const isInline = (part: Part) => goesWithBodies(shard, part, all.length === 1 && !batch.again);
  const [inline, others] = [all.filter(isInline), all.filter((part) => !isInline(part))];
  const standing = batch.again ? await Promise.all(others.map((part) => missing(batch.id, part))) : [];
  const [fresh, rest] = batch.again
    ? [standing.filter(({ named }) => !named), standing.filter(({ named }) => named)]
    : [others, []];
  const [, left] = await Promise.all([
    Promise.all(inline.map((part) => addWithBodies(batch, part))),
    storeAll(context, batch.id, fresh),
  ]);
  const further = [...rest.filter(({ callbacks }) => callbacks.length > 0), ...left];
  if (further.length === 0) return;
  if ((await storeAll(context, batchPartId(batch.id, partOf(further)), further)).length > 0) {
    throw new RingbackError('RB_JOB_ID_TAKEN', `other bodies stand under an id of batch ${batch.id}`);
  }
}

/** Resolves to what must be stored elsewhere. */
async function storeAll(context: InShard, id: string, parts: readonly Part[]): Promise<Part[]> {
  if (parts.length === 0) return [];
  const { batch, shard } = context;
  const shares = parts.map(asShare);
  const compact = shard.nearlyFull() || shares.some(({ state }) => state === 'held');
  const answers = await shard.bodies.store({ ...batch, id, batch: batch.id, shares, compact });
  const rests = parts.flatMap((part, index) =>
    answers[index] ? finishShare(context, { id, part, answer: answers[index] }) : [],
  );
  return (await Promise.all(rests)).filter(({ callbacks }) => callbacks.length > 0);
}

/** `only`: no other output gets the batch, and its bodies are not stored yet. */
function goesWithBodies({ tight, nearlyFull }: FanOutShard, { target: { flow, alone } }: Part, only: boolean): boolean {
  const state = flow.flow();
  if (alone) return state === 'flowing' && !nearlyFull();
  if (!only || state === 'stuck' || flow.holding() || nearlyFull()) return false;
  return state === 'flowing' || !tight();
}

function addWithBodies(batch: Run, { target, callbacks }: Part): Promise<void> {
  target.flow.added(target.alone ? callbacks.length : 1);
  return target.producer.addBatch({ ...batch, callbacks });
}

/** Deliveries without a job. `named`: there is one, with other bodies. */
async function missing(batch: string, part: Part): Promise<Part & { readonly named: boolean }> {
  const keys = await part.target.producer.standing(batch);
  return { ...part, named: keys !== undefined, callbacks: without(part.callbacks, keys) };
}

function without(callbacks: readonly Callback[], keys: ReadonlySet<string> = new Set()): readonly Callback[] {
  return keys.size === 0 ? callbacks : callbacks.filter((callback) => !keys.has(callbackKey(callback)));
}

function partOf(parts: readonly Part[]): string {
  return bodyDigest(parts.map(({ output, callbacks }) => [output, ...callbacks.map(callbackKey)].join(' ')).join('\n'));
}

function asShare({ output, callbacks, target: { flow, alone, backlog } }: Part): Share {
  const state = flow.flow() === 'flowing' && !alone ? 'queued' : 'held';
  return { output, callbacks, state, most: backlog.most(), beyond: BEYOND[backlog.over] };
}

/**
 * A damaged share becomes a dead letter, and its batch MUST make all its deliveries. A newer share waits, and
 * so does the batch.
 */
function unlessDamaged(error: unknown): undefined {
  if (error instanceof RingbackError && error.code === 'RB_PAYLOAD_INVALID') return undefined;
  throw error;
}

type Stored = {
  readonly id: string;
  readonly part: Part;
  readonly answer: Awaited<ReturnType<Bodies['store']>>[number];
};

/** Resolves to what must be stored elsewhere. */
async function finishShare({ batch: { id: batch }, shard, logger }: InShard, { id, part, answer }: Stored): Promise<Part> {
  const { output, callbacks, target } = part;
  const tell = (state: 'dead' | 'dropped') => shard.tellEnded?.({ output, batch, state, code: CODE, reason: REFUSED, callbacks });
  const done = { ...part, callbacks: [] };
  switch (answer.state) {
    case 'queued':
      target.flow.added(1);
      await target.producer.addReferences([id]);
      break;
    case 'held':
      target.flow.wake();
      break;
    case 'dead':
      await Promise.all([target.producer.addRefused(id, { reason: REFUSED, fault: 'ours' }), tell('dead')]);
      break;
    case 'dropped': {
      const dropping = shard.drop({ batch, output, keys: callbacks.map(callbackKey) });
      const [dropped] = await Promise.all([dropping, tell('dropped')]);
      logger.warn({ code: CODE, batch, output, dropped }, 'deliveries dropped');
      return done;
    }
    case 'elsewhere':
      return part;
    case 'over':
      return done;
    default:
      answer.state satisfies never;
  }
  if (!answer.there) return done;
  const stored = await shard.bodies.read(id, output).catch(unlessDamaged);
  // If the bodies are gone, their outcomes are in the ledger.
  return { ...part, callbacks: without(callbacks, new Set(stored?.callbacks.map(callbackKey))) };
}
