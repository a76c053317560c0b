import { type Logger, RingbackError } from '@ringback/contracts';
import type { BacklogBound, Bodies, DeliveryProducer } from '@ringback/queue';
import type { ErrorReporter } from '@ringback/redis';
import type { BreakerState } from './breaker.ts';
import { repeatLook } from '../repeated-look.ts';

/** With more jobs waiting, deliveries are held. */
const JOBS_UNTIL_LAGGING = 256;
/** Held deliveries fill the queue up to this. */
const JOBS_WHEN_FED = 128;
const PROBES_AT_ONCE = 1;
/** In a row; then an output without a breaker counts as stuck. */
const FAILURES_UNTIL_STUCK = 10;
/** With more retries, deliveries are held: each retry has its body. */
const RETRIES_WHILE_STUCK = 1000;
const LOOK_EVERY_MS = 1000;
/** While there are held deliveries and room for them. */
const FEED_EVERY_MS = 20;
/** While its queue is full: it MUST NOT run empty meanwhile. */
const FEED_AT_LEAST_EVERY_MS = 200;
/** Failed looks back off up to this. */
const LOOK_AGAIN_AT_MOST_MS = 8000;
/** Errors of one share only. */
const OF_ONE_SHARE = ['RB_PAYLOAD_INVALID', 'RB_PAYLOAD_NEWER', 'RB_JOB_ID_TAKEN'];

/**
 * `flowing`: deliveries go at once. `lagging`: many wait before them. `stuck`: the output fails or is paused.
 */
type Flow = 'flowing' | 'lagging' | 'stuck';

export type LaneFlow = {
  /** The queue as of at most a second ago, the breaker now. */
  readonly flow: () => Flow;
  readonly holding: () => boolean;
  added(jobs: number): void;
  /** Something is held, or the output can move again. */
  wake(): void;
  close(): void;
};

export type LaneFlowOptions = {
  readonly output: string;
  /** A rate limit counts jobs: each delivery is one. */
  readonly alone: boolean;
  readonly producer: Pick<DeliveryProducer, 'look' | 'addBatch' | 'addReferences' | 'addRefused'>;
  readonly bodies: Bodies;
  readonly breaker: () => BreakerState;
  readonly failures: () => number;
  readonly nearlyFull: () => boolean;
  /** Undefined: more than this is no news. */
  readonly most: () => BacklogBound | undefined;
  /** What is beyond that is parked: no news, unless parking does not keep up. */
  readonly parks: boolean;
  readonly errors: ErrorReporter;
  readonly logger: Logger;
};

type Look = Awaited<ReturnType<DeliveryProducer['look']>>;

const UNSEEN: Look = { waiting: 0, delayed: 0, paused: false, held: 0, heldDeliveries: 0, bytes: 0 };

/** Makes jobs of held deliveries when the queue has room. */
export function createLaneFlow(options: LaneFlowOptions): LaneFlow {
  const { producer, bodies, breaker, failures, nearlyFull } = options;
  const report = createReporter(options);
  let [seen, added, failed, idle] = [UNSEEN, 0, 0, 0];
  const failing = () => failures() >= FAILURES_UNTIL_STUCK;
  const moves = () => breaker() !== 'open' && !seen.paused;

  /** True if it fed the queue. */
  async function look(): Promise<boolean> {
    added = 0;
    report((seen = await producer.look()));
    const room = (breaker() === 'probing' ? PROBES_AT_ONCE : JOBS_WHEN_FED) - seen.waiting;
    const wouldOnlyRetry = failing() && (nearlyFull() || seen.delayed >= RETRIES_WHILE_STUCK);
    if (seen.held === 0 || room <= 0 || !moves() || wouldOnlyRetry) return false;
    await feed(options, await bodies.held(options.output, room), room);
    return true;
  }

  const looks = repeatLook({
    async look() {
      try {
        idle = (await look()) ? 0 : idle + 1;
        failed = 0;
      } catch (error) {
        failed += 1;
        options.errors(error instanceof Error ? error : new Error(String(error)), { queue: `output.${options.output}` });
        return Math.min(LOOK_EVERY_MS * 2 ** (failed - 1), LOOK_AGAIN_AT_MOST_MS);
      }
      return seen.held > 0 && moves() ? waitFor(idle) : LOOK_EVERY_MS;
    },
  });
  return {
    flow() {
      if (breaker() !== 'closed' || seen.paused || failing()) return 'stuck';
      return seen.held > 0 || seen.waiting + added > JOBS_UNTIL_LAGGING ? 'lagging' : 'flowing';
    },
    holding: () => seen.held > 0,
    added: (jobs) => void (added += jobs),
    wake: () => void (failed === 0 && moves() && looks.soon()),
    close: () => looks.close(),
  };
}

function waitFor(idleLooks: number): number {
  return Math.min(FEED_EVERY_MS * 2 ** idleLooks, FEED_AT_LEAST_EVERY_MS);
}

/** MUST add the job before the share leaves the held ones. A repetition adds the same job. */
async function feed(options: LaneFlowOptions, ids: readonly string[], room: number): Promise<void> {
  const { output, alone, producer, bodies } = options;
  if (!alone) {
    await producer.addReferences(ids);
    await Promise.all(ids.map((id) => bodies.fed(id, output)));
    return;
  }
  let left = room;
  for (const id of ids) {
    if (left <= 0) return;
    left -= await feedAlone(options, id).catch((error: unknown) => setAside(options, id, error));
  }
}

async function feedAlone({ output, producer, bodies }: LaneFlowOptions, id: string): Promise<number> {
  const stored = await bodies.read(id, output);
  if (stored) await producer.addBatch({ ...stored, id: stored.batch, again: true });
  await bodies.release(id, output);
  return stored?.callbacks.length ?? 0;
}

/** A dead letter, so that it does not block others. */
async function setAside({ output, producer, bodies, logger }: LaneFlowOptions, id: string, error: unknown): Promise<number> {
  if (!(error instanceof RingbackError) || !OF_ONE_SHARE.includes(error.code)) throw error;
  if (error.code === 'RB_PAYLOAD_NEWER') {
    // Waits in the queue for a newer worker.
    await producer.addReferences([id]);
    await bodies.fed(id, output, 'again');
    return 1;
  }
  await producer.addRefused(id, { reason: `${error.code}: ${error.message}`, fault: 'ours' });
  await bodies.fed(id, output, 'dead');
  logger.error({ code: error.code, output, bodies: id, problem: error.message }, 'held deliveries set aside');
  return 0;
}

function createReporter({ output, most, parks, logger }: LaneFlowOptions): (seen: Look) => void {
  let over = false;
  const times = parks ? 2 : 1;
  const beyond = parks
    ? 'output has more than twice its backlog waiting: parking does not keep up'
    : 'output has more waiting than its backlog allows';
  return ({ bytes, held, heldDeliveries }) => {
    const { bytes: mostBytes = Infinity, held: mostHeld = Infinity } = most() ?? {};
    const now = bytes > times * mostBytes || heldDeliveries > times * mostHeld;
    const limits = { ...(mostBytes < Infinity && { most: mostBytes }), ...(mostHeld < Infinity && { mostHeld }) };
    const line = { output, bytes, ...limits, heldBatches: held, heldDeliveries };
    if (now && !over) logger.warn({ code: 'RB_OUTPUT_BACKLOG', ...line }, beyond);
    if (over && !now) logger.info(line, 'output is within its backlog again');
    over = now;
  };
}
