import type { Logger } from '@ringback/contracts';
import type { Bodies, DeliveryProducer } from '@ringback/queue';
import type { BreakerState } from './breaker.ts';
import { repeatLook } from './repeated-look.ts';

/** Jobs that may wait in an output's queue; more than that, and what comes is held. */
const JOBS_UNTIL_LAGGING = 256;
/** Jobs up to which the queue is filled from what is held. */
const JOBS_WHEN_FED = 128;
/** Failures in a row after which an output without a breaker counts as one that cannot move. */
const FAILURES_UNTIL_STUCK = 10;
/** Retries of an output that fails: further deliveries would only become more of them, each with its body. */
const RETRIES_WHILE_STUCK = 1000;
const LOOK_EVERY_MS = 1000;
/** While the output takes what it holds. */
const FEED_EVERY_MS = 20;

/** How deliveries get to an output now: at once; only behind many others; not at all, for now. */
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
  readonly producer: Pick<DeliveryProducer, 'look' | 'addBatch' | 'addReferences'>;
  readonly bodies: Bodies;
  readonly breaker: () => BreakerState;
  /** Attempts that failed since the last one that had an answer. */
  readonly failures: () => number;
  /** True while Redis is nearly full. */
  readonly brimming: () => boolean;
  /** Bytes that the output may have by reference; undefined: any number. */
  readonly most: () => number | undefined;
  readonly logger: Logger;
};

type Look = Awaited<ReturnType<DeliveryProducer['look']>>;

const UNSEEN: Look = { waiting: 0, delayed: 0, paused: false, held: 0, bytes: 0 };

/** Watches one output's queue, and makes jobs of what the output holds whenever it moves and its queue has room. */
export function createLaneFlow(options: LaneFlowOptions): LaneFlow {
  const { producer, bodies, breaker, failures, brimming } = options;
  const report = createReporter(options);
  let [seen, added] = [UNSEEN, 0];

  const failing = () => failures() >= FAILURES_UNTIL_STUCK;
  const moves = () => breaker() !== 'open' && !seen.paused;

  async function look(): Promise<void> {
    added = 0;
    report((seen = await producer.look()));
    // One is enough to find out with.
    const room = (breaker() === 'probing' ? 1 : JOBS_WHEN_FED) - seen.waiting;
    if (seen.held === 0 || room <= 0 || !moves()) return;
    if (failing() && (brimming() || seen.delayed >= RETRIES_WHILE_STUCK)) return;
    await feed(options, await bodies.held(options.output, room), room);
  }

  const looks = repeatLook({
    async look() {
      // While Redis is away everybody else says so.
      await look().catch(() => {});
      return seen.held > 0 && moves() ? FEED_EVERY_MS : LOOK_EVERY_MS;
    },
  });
  return {
    flow() {
      if (breaker() !== 'closed' || seen.paused || failing()) return 'stuck';
      return seen.held > 0 || seen.waiting + added > JOBS_UNTIL_LAGGING ? 'lagging' : 'flowing';
    },
    holding: () => seen.held > 0,
    added: (jobs) => void (added += jobs),
    wake() {
      if (moves()) looks.soon();
    },
    close: () => looks.close(),
  };
}

/** MUST add the job before what it names is held no more: cut off in between, the same job is added again. */
async function feed({ output, alone, producer, bodies }: LaneFlowOptions, ids: readonly string[], room: number): Promise<void> {
  if (!alone) {
    await producer.addReferences(ids);
    await Promise.all(ids.map((id) => bodies.fed(id, output)));
    return;
  }
  let left = room;
  for (const id of ids) {
    if (left <= 0) return;
    const stored = await bodies.read(id, output);
    if (stored) await producer.addBatch({ ...stored, id: stored.batch, again: true });
    await bodies.release(id, output);
    left -= stored?.callbacks.length ?? 0;
  }
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
