import { bodyDigest, type Callback, callbackKey, type Logger, RingbackError } from '@ringback/contracts';
import { type Bodies, batchPartId, type DeliveryProducer, type RoutedBatch, type Share } from '@ringback/queue';
import type { LaneFlow } from './lane-flow.ts';

export type FanOutTarget = {
  readonly producer: Pick<DeliveryProducer, 'addBatch' | 'addReferences' | 'addRefused' | 'standing'>;
  readonly flow: LaneFlow;
  /** A rate limit counts jobs: each delivery is one. */
  readonly alone: boolean;
  readonly backlog: { readonly most: () => number | undefined; readonly over: 'hold' | 'dead-letter' | 'drop' };
};

export type FanOutDeps = {
  readonly targets: ReadonlyMap<string, FanOutTarget>;
  readonly bodies: Pick<Bodies, 'store' | 'read'>;
  readonly drop: (dropped: { batch: string; output: string; keys: readonly string[] }) => Promise<number>;
  /** True while memory is short: what waits takes less of it then. */
  readonly tight: () => boolean;
  readonly nearlyFull: () => boolean;
  readonly logger: Logger;
};

type Part = { readonly output: string; readonly target: FanOutTarget; readonly callbacks: readonly Callback[] };
type Run = Omit<RoutedBatch, 'callbacks'>;

export type FanOut = (batch: Run, perOutput: ReadonlyMap<string, readonly Callback[]>) => Promise<void>;

const REFUSED = 'RB_OUTPUT_BACKLOG: more waits for the output than its backlog allows';
const BEYOND = { hold: 'held', 'dead-letter': 'dead', drop: 'dropped' } as const;

/**
 * A single output that flows gets one job with the bodies. Otherwise the bodies are stored once: outputs that
 * flow get a job that names them, others hold their id. A repeated run adds what is missing.
 */
export function createFanOut(deps: FanOutDeps): FanOut {
  const { targets, bodies, nearlyFull } = deps;
  const finishShare = createShareFinisher(deps);

  /** The settings exclude this, but a callback MUST NOT get lost. */
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
      answers[index] ? finishShare({ id, batch: batch.id, part, answer: answers[index] }) : [],
    );
    return (await Promise.all(rests)).filter(({ callbacks }) => callbacks.length > 0);
  }

  return async (batch, perOutput) => {
    const all = [...perOutput].map(([output, callbacks]) => ({ output, callbacks, target: targetOf(output) }));
    // In a second run the settings may differ, and so may the outputs.
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

/** `only`: no other output gets the batch, and its bodies are not stored yet. */
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
  readonly batch: string;
  readonly part: Part;
  readonly answer: Awaited<ReturnType<Bodies['store']>>[number];
};

/** Resolves to what must be stored elsewhere. */
function createShareFinisher({ bodies, drop, logger }: FanOutDeps) {
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
        await target.producer.addRefused(id, { reason: REFUSED, fault: 'ours' });
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
    // If the bodies are gone, their outcomes are in the ledger.
    return { ...part, callbacks: without(callbacks, new Set(stored?.callbacks.map(callbackKey))) };
  };
}
