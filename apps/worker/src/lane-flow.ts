import { type Logger, RingbackError } from '@ringback/contracts';
import type { Bodies, DeliveryProducer } from '@ringback/queue';
import type { ErrorReporter } from '@ringback/redis';
import type { BreakerState } from './breaker.ts';
import { repeatLook } from './repeated-look.ts';

/** Jobs that may wait in an output's queue. With more, deliveries are held. */
const JOBS_UNTIL_LAGGING = 256;
/** The queue is filled up to so many jobs from what is held. */
const JOBS_WHEN_FED = 128;
/** One is enough to find out with. */
const PROBES_AT_ONCE = 1;
/** Failures in a row after which an output without a breaker counts as one that cannot move. */
const FAILURES_UNTIL_STUCK = 10;
/** Retries of an output that fails: further deliveries would only become more of them, each with its body. */
const RETRIES_WHILE_STUCK = 1000;
const LOOK_EVERY_MS = 1000;
/** While the output takes what it holds. */
const FEED_EVERY_MS = 20;
/** While its queue is full: it MUST not run empty meanwhile. */
const FEED_AT_LEAST_EVERY_MS = 200;
/** While looks fail, each waits twice as long as the one before, at most this. */
const LOOK_AGAIN_AT_MOST_MS = 8000;
/** What is wrong with one share, and with no other. */
const OF_ONE_SHARE = ['RB_PAYLOAD_INVALID', 'RB_PAYLOAD_NEWER', 'RB_JOB_ID_TAKEN'];

/** `flowing`: deliveries go at once. `lagging`: behind many others. `stuck`: not now. */
type Flow = 'flowing' | 'lagging' | 'stuck';

export type LaneFlow = {
  /** As of the last look at the queue, at most a second ago, and the breaker's state now. */
  readonly flow: () => Flow;
  /** True where the output holds deliveries for which there is no job. */
  readonly holding: () => boolean;
  /** Jobs were added since the last look. */
  added(jobs: number): void;
  /** Something is held now, or the output can move again: looks at once. */
  wake(): void;
  close(): void;
};

export type LaneFlowOptions = {
  readonly output: string;
  /** A rate limit counts jobs: then each delivery has to be one. */
  readonly alone: boolean;
  readonly producer: Pick<DeliveryProducer, 'look' | 'addBatch' | 'addReferences' | 'addRefused'>;
  readonly bodies: Bodies;
  readonly breaker: () => BreakerState;
  /** Attempts that failed since the last one that had an answer. */
  readonly failures: () => number;
  /** True while Redis is nearly full. */
  readonly nearlyFull: () => boolean;
  /** Bytes that the output may have by reference; undefined: any number. */
  readonly most: () => number | undefined;
  /** Told of every look that fails. */
  readonly errors: ErrorReporter;
  readonly logger: Logger;
};

type Look = Awaited<ReturnType<DeliveryProducer['look']>>;

const UNSEEN: Look = { waiting: 0, delayed: 0, paused: false, held: 0, bytes: 0 };

/** Watches one output's queue. Makes jobs of held deliveries when the output flows and its queue has room. */
export function createLaneFlow(options: LaneFlowOptions): LaneFlow {
  const { producer, bodies, breaker, failures, nearlyFull } = options;
  const report = createReporter(options);
  let [seen, added, failed, idle] = [UNSEEN, 0, 0, 0];
  const failing = () => failures() >= FAILURES_UNTIL_STUCK;
  const moves = () => breaker() !== 'open' && !seen.paused;

  /** Resolves to whether it fed the queue. */
  async function look(): Promise<boolean> {
    added = 0;
    report((seen = await producer.look()));
    const room = (breaker() === 'probing' ? PROBES_AT_ONCE : JOBS_WHEN_FED) - seen.waiting;
    const inVain = failing() && (nearlyFull() || seen.delayed >= RETRIES_WHILE_STUCK);
    if (seen.held === 0 || room <= 0 || !moves() || inVain) return false;
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

/** ms until the next look. While the queue is full: no longer than twice the time that it takes to have room. */
function waitFor(looksInVain: number): number {
  return Math.min(FEED_EVERY_MS * 2 ** looksInVain, FEED_AT_LEAST_EVERY_MS);
}

/** MUST add the job before what it names is held no more: cut off in between, the same job is added again. */
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

/** Resolves to the jobs that were added. */
async function feedAlone({ output, producer, bodies }: LaneFlowOptions, id: string): Promise<number> {
  const stored = await bodies.read(id, output);
  if (stored) await producer.addBatch({ ...stored, id: stored.batch, again: true });
  await bodies.release(id, output);
  return stored?.callbacks.length ?? 0;
}

/** Makes a dead letter of a share that cannot be fed: it must not block the others. Some of it may have a job already. */
async function setAside({ output, producer, bodies, logger }: LaneFlowOptions, id: string, error: unknown): Promise<number> {
  if (!(error instanceof RingbackError) || !OF_ONE_SHARE.includes(error.code)) throw error;
  if (error.code === 'RB_PAYLOAD_NEWER') {
    // Its job goes back into the queue until a newer worker takes it.
    await producer.addReferences([id]);
    await bodies.fed(id, output, 'again');
    return 1;
  }
  await producer.addRefused(id, `${error.code}: ${error.message}`);
  await bodies.fed(id, output, 'dead');
  logger.error({ code: error.code, output, bodies: id, problem: error.message }, 'held deliveries set aside');
  return 0;
}

/** One line when more waits for an output than it may have, and one when that is over. */
function createReporter({ output, most, logger }: LaneFlowOptions): (seen: Look) => void {
  let over = false;
  return ({ bytes, held }) => {
    const limit = most();
    const now = limit !== undefined && bytes > limit;
    const line = { output, bytes, most: limit, heldBatches: held };
    if (now && !over) logger.warn({ code: 'RB_OUTPUT_BACKLOG', ...line }, 'more waits for the output than its backlog');
    if (over && !now) logger.info(line, 'the backlog of the output is within its bound again');
    over = now;
  };
}
