import { bodyDigest, type Callback, callbackKey, type Logger, RingbackError } from '@ringback/contracts';
import { type Bodies, batchPartId, type DeliveryProducer, type RoutedBatch, type Share } from '@ringback/queue';
import type { LaneFlow } from './lane-flow.ts';

/** What one output is to the fan-out. */
export type FanOutTarget = {
  readonly producer: Pick<DeliveryProducer, 'addBatch' | 'addReferences' | 'addRefused' | 'standing'>;
  readonly flow: LaneFlow;
  /** A rate limit counts jobs, so that each delivery is one. */
  readonly alone: boolean;
  readonly backlog: { readonly most: () => number | undefined; readonly over: 'hold' | 'dead-letter' | 'drop' };
};

export type FanOutDeps = {
  readonly targets: ReadonlyMap<string, FanOutTarget>;
  readonly bodies: Pick<Bodies, 'store' | 'read'>;
  /** Notes in Redis that deliveries are dropped. */
  readonly drop: (dropped: { batch: string; output: string; keys: readonly string[] }) => Promise<number>;
  /** True while Redis is not roomy: what waits is made to take less of it. */
  readonly tight: () => boolean;
  /** True while it is nearly full. */
  readonly nearlyFull: () => boolean;
  readonly logger: Logger;
};

type Part = { readonly output: string; readonly target: FanOutTarget; readonly callbacks: readonly Callback[] };
/** A run of a batch, and what of it goes to which output. */
type Run = Omit<RoutedBatch, 'callbacks'>;

export type FanOut = (batch: Run, perOutput: ReadonlyMap<string, readonly Callback[]>) => Promise<void>;

const REFUSED = 'RB_OUTPUT_BACKLOG: more waits for the output than its backlog allows';
const BEYOND = { hold: 'held', 'dead-letter': 'dead', drop: 'dropped' } as const;

/**
 * Queues the deliveries of a batch. One output that moves gets them with their bodies, in one job. For several, or for one that cannot take them now, the bodies are stored once; an output that
 * moves gets a job that names them, and one that does not keeps their id. Safe to be run again: what an earlier run has queued stays as it is, and what it has not is added.
 */
export function createFanOut(deps: FanOutDeps): FanOut {
  const { targets, bodies, nearlyFull } = deps;
  const settle = createSettler(deps);

  /** The settings allow no route to an unknown output; a callback MUST NOT get lost on one all the same. */
  function targetOf(output: string): FanOutTarget {
    const target = targets.get(output);
    if (!target) throw new RingbackError('RB_INTERNAL', `no queue for output ${output}`);
    return target;
  }

  async function storeAll(id: string, batch: Run, parts: readonly Part[]): Promise<Part[]> {
    if (parts.length === 0) return [];
    const shares = parts.map(asShare);
    const compact = nearlyFull() || shares.some(({ state }) => state === 'held');
    const answers = await bodies.store({ ...batch, id, batch: batch.id, shares, compact });
    const rests = parts.flatMap((part, index) =>
      answers[index] ? settle({ id, batch: batch.id, part, answer: answers[index] }) : [],
    );
    return (await Promise.all(rests)).filter(({ callbacks }) => callbacks.length > 0);
  }

  return async (batch, perOutput) => {
    const all = [...perOutput].map(([output, callbacks]) => ({ output, callbacks, target: targetOf(output) }));
    // Run again, a batch that went to one output may go to several.
    const isInline = (part: Part) => goesWithBodies(deps, part, all.length === 1 && !batch.again);
    const [inline, others] = [all.filter(isInline), all.filter((part) => !isInline(part))];
    const standing = batch.again ? await Promise.all(others.map((part) => missing(batch.id, part))) : [];
    const [fresh, rest] = batch.again
      ? [standing.filter(({ named }) => !named), standing.filter(({ named }) => named)]
      : [others, []];
    const [, left] = await Promise.all([
      Promise.all(inline.map((part) => addWithBodies(batch, part))),
      storeAll(batch.id, batch, fresh),
    ]);
    const further = [...rest.filter(({ callbacks }) => callbacks.length > 0), ...left];
    if (further.length === 0) return;
    if ((await storeAll(batchPartId(batch.id, partOf(further)), batch, further)).length > 0) {
      throw new RingbackError('RB_JOB_ID_TAKEN', `other bodies stand under an id of batch ${batch.id}`);
    }
  };
}

/** `only`: no other output gets anything of the batch, and no earlier run of it has stored its bodies. */
function goesWithBodies({ tight, nearlyFull }: FanOutDeps, { target: { flow, alone } }: Part, only: boolean): boolean {
  const state = flow.flow();
  if (alone) return state === 'flowing' && !nearlyFull();
  if (!only || state === 'stuck' || flow.holding() || nearlyFull()) return false;
  return state === 'flowing' || !tight();
}

function addWithBodies(batch: Run, { target, callbacks }: Part): Promise<void> {
  target.flow.added(target.alone ? callbacks.length : 1);
  return target.producer.addBatch({ ...batch, callbacks });
}

/** What of a batch's deliveries no job of an earlier run holds. `named`: there is a job, with other bodies. */
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

/** A share that cannot be read becomes a dead letter, which tells of no delivery: its batch MUST make them all. What a newer Ringback wrote waits for a newer worker, and so does the batch. */
function unlessDamaged(error: unknown): undefined {
  if (error instanceof RingbackError && error.code === 'RB_PAYLOAD_INVALID') return undefined;
  throw error;
}

type Stored = {
  readonly id: string;
  readonly batch: string;
  readonly part: Part;
  readonly answer: Awaited<ReturnType<Bodies['store']>>[number];
};

/** Does for one output what follows from where its share stands; resolves to what of it has to be stored elsewhere. */
function createSettler({ bodies, drop, logger }: FanOutDeps) {
  return async ({ id, batch, part, answer }: Stored): Promise<Part> => {
    const { output, callbacks, target } = part;
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
        await target.producer.addRefused(id, REFUSED);
        break;
      case 'dropped': {
        const dropped = await drop({ batch, output, keys: callbacks.map(callbackKey) });
        logger.warn({ code: 'RB_OUTPUT_BACKLOG', batch, output, dropped }, 'deliveries dropped');
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
    const stored = await bodies.read(id, output).catch(unlessDamaged);
    // Gone meanwhile: their outcomes are in the ledger, which whoever gets them again asks.
    return { ...part, callbacks: without(callbacks, new Set(stored?.callbacks.map(callbackKey))) };
  };
}
