import { hostname } from 'node:os';
import { type Callback, callbackKey, type DeliveryResult, idempotencyKeyOf, type Logger } from '@ringback/contracts';
import {
  callbackOf,
  decide,
  type Entries,
  type LookSettings,
  type Notice,
  type Present,
  receiversOf,
} from '@ringback/operations';
import type { ServedOutput } from '../output/output.ts';

/** What a look came to. `away`: shard 0 gave no answer in time. `leads`: this worker looked. */
export type LookEnd = 'leads' | 'follows' | 'away' | 'failed';

export type AwayOptions = {
  /** What does not answer, in words. */
  readonly place: string;
  /** How many shards there are. */
  readonly shards: number;
  /** Those of now: settings may change. */
  readonly outputs: () => readonly ServedForAway[];
  /** ms since the epoch. */
  readonly now: () => number;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
};

type ServedForAway = Pick<ServedOutput, 'output'> & {
  readonly settings: { readonly delivery: Pick<ServedOutput['settings']['delivery'], 'timeout'> };
};

type Alerts = Pick<LookSettings['alerts'], 'to' | 'hold' | 'interval' | 'runbook'>;
/** `left`: outputs that do not have it yet. `taken`: those that do. `failed`: that was logged. */
type Underway = {
  readonly callback: Callback;
  readonly left: Set<string>;
  readonly taken: Set<string>;
  readonly failed: Set<string>;
};

/**
 * Tells outputs that Redis is away, past the queue. Only the worker that led the last look does: a lead comes
 * from Redis. If that worker ends meanwhile, nobody tells.
 */
export function createAwayAlert(options: AwayOptions): { looked(end: LookEnd, alerts: Alerts): Promise<void> } {
  const { now, logger } = options;
  const give = createGiver(options);
  let leads = false;
  let entries: Entries = new Map();
  let underway: Underway | undefined;

  function begin(notice: Notice, { to, runbook }: Alerts): void {
    const isBegin = notice.kind === 'firing';
    // Who never heard of the begin hears of no end.
    const outputs = isBegin ? receiversOf(notice, to) : [...(underway?.taken ?? [])];
    if (isBegin) logger.warn({ ...shown(notice), outputs }, 'alert');
    else logger.info({ ...shown(notice), outputs }, 'alert is over');
    const callback = callbackOf(notice, { now: now(), runbook });
    underway = { callback, left: new Set(outputs), taken: new Set(), failed: new Set() };
  }

  return {
    async looked(end, alerts) {
      const isAway = end === 'away' && leads;
      if (end === 'leads' || end === 'follows') leads = end === 'leads';
      else if (!isAway) return;
      const conditions = isAway ? [conditionOf(options)] : [];
      const decided = decide({ ...alerts, conditions, before: entries, complete: true, now: now() });
      entries = decided.entries;
      for (const notice of decided.notices) begin(notice, alerts);
      if (underway) await give(underway);
    },
  };
}

function conditionOf({ place, shards }: AwayOptions): Present {
  const text = `${place} does not answer the worker ${hostname()}:${process.pid}: callbacks are refused or kept on disk, deliveries wait`;
  const subject = shards === 1 ? {} : { subject: { kind: 'shard', name: '0' } as const };
  return { name: 'redis-away', ...subject, severity: 'error', text };
}

function shown({ about: { name: condition, subject, text: reason } }: Notice) {
  return { condition, ...(subject && { subject }), reason };
}

/** Gives a notice to those that do not have it. What failed is tried again at the next look. */
function createGiver({ outputs, logger }: AwayOptions): (underway: Underway) => Promise<void> {
  async function attempt({ output, settings }: ServedForAway, callback: Callback): Promise<DeliveryResult> {
    const idempotencyKey = idempotencyKeyOf(callback, callbackKey(callback));
    const deadline = AbortSignal.timeout(settings.delivery.timeout);
    try {
      return await output.deliver({ callback, output: output.name, attempt: 1, idempotencyKey }, deadline);
    } catch (err) {
      logger.error({ code: 'RB_INTERNAL', output: output.name, err }, 'output failed by a bug');
      return { outcome: 'dead', reason: 'internal error', fault: 'ours' };
    }
  }

  return async ({ callback, left, taken, failed }) => {
    const served = outputs().filter(({ output }) => left.has(output.name));
    await Promise.all(
      served.map(async (one) => {
        const result = await attempt(one, callback);
        const { name: output } = one.output;
        if (result.outcome !== 'retry') left.delete(output);
        if (result.outcome === 'delivered') {
          taken.add(output);
          return;
        }
        if (failed.has(output)) return;
        failed.add(output);
        const line = { code: 'RB_ALERT_NOT_SENT', requestID: callback.id, output, reason: result.reason };
        logger.warn(line, 'an alert did not reach its output');
      }),
    );
  };
}
