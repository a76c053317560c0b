import { hostname } from 'node:os';
import { type Callback, callbackKey, type DeliveryResult, idempotencyKeyOf, type Logger } from '@ringback/contracts';
import { callbackOf, type LookSettings, type Notice, receiversOf } from '@ringback/operations';
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
/** A notice and the outputs that do not have it yet. `failed`: those of which that was logged. */
type Underway = { readonly callback: Callback; readonly left: Set<string>; readonly failed: Set<string> };
/** `firing`: what was told, and to whom. */
type Outage = {
  readonly from: number;
  firing?: { readonly notice: Notice; readonly given: Underway; readonly to: readonly string[] };
};

/**
 * Tells outputs that Redis is away, past the queue. The worker that led the last look tells; no other does, since a
 * lead comes from Redis alone. If that worker ends meanwhile, nobody tells.
 */
export function createAwayAlert(options: AwayOptions): { looked(end: LookEnd, alerts: Alerts): Promise<void> } {
  const { now, logger } = options;
  const give = createGiver(options);
  let leads = false;
  let outage: Outage | undefined;
  let resolved: Underway | undefined;
  let toldAt = -Infinity;

  function begin({ from }: Outage, alerts: Alerts): NonNullable<Outage['firing']> {
    const notice = noticeOf(from, options);
    const to = receiversOf(notice, alerts.to);
    toldAt = now();
    logger.warn({ ...shown(notice), outputs: to }, 'alert');
    return { notice, to, given: underway(callbackOf(notice, { now: toldAt, runbook: alerts.runbook }), to) };
  }

  async function lasts(alerts: Alerts): Promise<void> {
    outage ??= { from: now() };
    const isDue = now() - outage.from >= alerts.hold && now() - toldAt >= alerts.interval;
    if (!outage.firing && isDue) outage.firing = begin(outage, alerts);
    if (outage.firing) await give(outage.firing.given);
  }

  async function isOver(alerts: Alerts): Promise<void> {
    const { firing } = outage ?? {};
    outage = undefined;
    if (firing) {
      const notice: Notice = { ...firing.notice, kind: 'resolved' };
      const to = firing.to.filter((name) => !firing.given.left.has(name));
      logger.info({ ...shown(notice), outputs: to }, 'alert is over');
      resolved = underway(callbackOf(notice, { now: now(), runbook: alerts.runbook }), to);
    }
    if (resolved) await give(resolved);
  }

  return {
    async looked(end, alerts) {
      if (end === 'leads' || end === 'follows') {
        leads = end === 'leads';
        await isOver(alerts);
      } else if (end === 'away' && leads) await lasts(alerts);
    },
  };
}

const underway = (callback: Callback, to: readonly string[]): Underway => ({ callback, left: new Set(to), failed: new Set() });

function noticeOf(from: number, { place, shards }: AwayOptions): Notice {
  const text = `${place} does not answer the worker ${hostname()}:${process.pid}: callbacks are refused or kept on disk, deliveries wait`;
  const subject = shards === 1 ? {} : { subject: { kind: 'shard', name: '0' } as const };
  return { kind: 'firing', from, about: { name: 'redis-away', ...subject, severity: 'error', since: from, text } };
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

  return async ({ callback, left, failed }) => {
    const served = outputs().filter(({ output }) => left.has(output.name));
    await Promise.all(
      served.map(async (one) => {
        const result = await attempt(one, callback);
        const { name: output } = one.output;
        if (result.outcome !== 'retry') left.delete(output);
        if (result.outcome === 'delivered' || failed.has(output)) return;
        failed.add(output);
        const line = { code: 'RB_ALERT_NOT_SENT', requestID: callback.id, output, reason: result.reason };
        logger.warn(line, 'an alert did not reach its output');
      }),
    );
  };
}
