import type { DeliveryRow, Resting } from '@ringback/history';
import type { StandingDelivery } from '@ringback/queue';
import type { LiveDelivery } from './look-in-redis.ts';
import type { TracedAttempt, TracedDelivery, Where } from './traced.ts';

export type Known = {
  readonly output: string;
  /** By the history. */
  readonly row?: DeliveryRow | undefined;
  readonly attempts: readonly TracedAttempt[];
  /** By Redis. */
  readonly live?: LiveDelivery | undefined;
  readonly resting?: Resting | undefined;
};

const WHERE = {
  held: 'held',
  waiting: 'queued',
  later: 'later',
  'under way': 'under way',
  'dead letter': 'dead letter',
} as const satisfies Record<StandingDelivery['at'], Where>;

/** A job says more than an outcome, an outcome more than the history, which is written later. */
export function deliveryNow(known: Known): TracedDelivery {
  const { output, attempts } = known;
  const now = byJob(known) ?? byOutcome(known) ?? byRest(known) ?? byHistory(known);
  const told = sinceReplayed(now, known) ?? now;
  const wasParked = told.state === 'parked' ? undefined : parkingOf(known);
  return { output, attempts, ...told, ...(wasParked && { wasParked }) };
}

function parkingOf({ row }: Known): TracedDelivery['wasParked'] {
  if (row?.parkedAt === undefined) return undefined;
  const { parkedAt: from, returnedAt = 0 } = row;
  return { from, ...(returnedAt >= from && { to: returnedAt }) };
}

const GOES_ON = new Set(['delivered', 'dropped', 'waiting', 'parked']);

/** A replay is another batch: the dead letter of the first one stays in its list. */
function sinceReplayed(now: Now, known: Known): Now | undefined {
  if (now.where !== 'dead letter' || now.since === undefined) return undefined;
  const { row, attempts } = known;
  const { since, reason } = now;
  const deadLetter = { since, reason };
  const delivered = attempts.findLast((one) => one.outcome === 'delivered' && one.at >= since);
  if (row !== undefined && row.at > since && GOES_ON.has(row.state))
    return { ...byHistory({ ...known, live: undefined }), deadLetter };
  return delivered && { state: 'delivered', where: 'done', since: delivered.at + delivered.ms, deadLetter };
}

type Now = Omit<TracedDelivery, 'output' | 'attempts'>;

function byJob({ live, attempts }: Known): Now | undefined {
  const standing = live?.standing;
  if (standing === undefined || live?.outcome === 'delivered') return undefined;
  const { at, attempts: made, reason, fault, nextAt, since } = standing;
  const attempted = made > Math.max(0, ...attempts.map(({ number }) => number)) ? { attempted: made } : {};
  return { state: at === 'dead letter' ? 'dead' : 'waiting', where: WHERE[at], ...attempted, since, reason, fault, nextAt };
}

function byOutcome({ live, row, attempts }: Known): Now | undefined {
  const outcome = live?.outcome;
  if (outcome !== 'delivered' && outcome !== 'dropped') return undefined;
  // A replay is another batch: the outcome of the first one says nothing of it.
  if (row?.state === 'waiting' && attempts.some((one) => one.outcome === 'delivered' && one.at + one.ms < row.at))
    return undefined;
  const own = row?.state === outcome ? { since: row.at, reason: row.reason } : {};
  return { state: outcome, where: 'done', ...own };
}

function byRest({ resting, live, row }: Known): Now | undefined {
  // After a crash an entry may rest on that has returned.
  if (live?.outcome === 'returned' && resting?.kind === 'parked') return undefined;
  // The ledger goes on saying `parked` of what a person has purged or moved.
  if (resting === undefined && row !== undefined && OVER.has(row.state)) return undefined;
  if (resting === undefined) return live?.outcome === 'parked' ? { state: 'parked', where: 'parked' } : undefined;
  const { kind, at: since, reason, fault, attempts } = resting;
  const own = { since, reason, fault, attempted: attempts };
  return kind === 'parked' ? { state: 'parked', where: 'parked', ...own } : { state: 'dead', where: 'dead letter', ...own };
}

const OVER = new Set(['delivered', 'dropped', 'purged', 'moved']);

function byHistory({ row, live }: Known): Now {
  if (row !== undefined && (OVER.has(row.state) || live?.outcome !== 'dead')) {
    const { state, at: since, reason, fault, nextAt } = row;
    return { state, where: OVER.has(state) ? 'done' : 'unknown', since, reason, fault, nextAt };
  }
  return { state: live?.outcome === 'dead' ? 'dead' : 'waiting', where: 'unknown' };
}
