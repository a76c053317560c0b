import type { Callback, Durability, Logger } from '@ringback/contracts';
import { conditionsOf } from '../conditions/conditions.ts';
import { readStatus } from '../installation/status.ts';
import type { Missing, Places } from '../places.ts';
import { enqueue, type EnqueuePlace, type ReplayOutput, sharesOf } from '../replay/enqueue.ts';
import { decide, type Notice } from './decide.ts';
import { alertBatch, callbackOf, receiversOf } from './notice.ts';
import type { AlertState, Waiting } from './state.ts';

/** Times in ms. */
type AlertSettings = {
  readonly to: readonly string[];
  readonly hold: number;
  readonly interval: number;
  readonly waiting: number;
  readonly every: number;
  readonly runbook?: string | undefined;
};

export type QueuedAlert = { readonly batch: string; readonly callback: Callback; readonly to: readonly string[] };

export type AlertOptions = {
  readonly state: AlertState;
  readonly places: Places;
  /** All shards, by number, as alerts are written to them. */
  readonly write: readonly EnqueuePlace[];
  readonly durability: Durability;
  /** ms since the epoch, by Redis's clock. */
  readonly now: () => number;
  readonly missing: () => Missing;
  /** Tells the history what was queued. Absent: there is none. */
  readonly record?: ((queued: QueuedAlert) => Promise<void>) | undefined;
  readonly logger: Logger;
};

export type LookSettings = {
  readonly alerts: AlertSettings;
  /** Share of maxmemory from which on callbacks are refused. */
  readonly memory: number;
  readonly outputs: readonly ReplayOutput[];
};

/** A worker that leads and does not look again for so many looks is followed by another one. */
const LOOKS_UNTIL_FOLLOWED = 3;

/** `missing`: what could not be asked, if this worker looked. A problem there is not seen. */
export type AlertLook = { readonly looked: false } | { readonly looked: true; readonly missing: readonly string[] };

/**
 * Looks once, if no other worker does, and gives to outputs what is to be told. Alerts are settled in Redis before they
 * are queued: a run that is cut off anywhere is finished by the next one, and tells nothing twice.
 */
export async function lookForAlerts(options: AlertOptions, settings: LookSettings): Promise<AlertLook> {
  const { state, places, durability, now, logger } = options;
  const { alerts, memory, outputs } = settings;
  if (!(await state.lead(LOOKS_UNTIL_FOLLOWED * alerts.every))) return { looked: false };
  const { entries: before, waiting: left } = await state.read();
  const missing = options.missing();
  const status = await readStatus(places, { outputs: outputs.map(({ name }) => name), durability, missing, now });
  const conditions = conditionsOf(status, { waiting: alerts.waiting, memory });
  const complete = missing.all().length === 0;
  const { entries, notices } = decide({ ...alerts, conditions, before, complete, now: now() });
  const waiting = notices.map((notice) => ({
    callback: callbackOf(notice, { now: now(), runbook: alerts.runbook }),
    to: [...receiversOf(notice, alerts.to)],
  }));
  if (!(await state.save({ before, entries, waiting }))) return { looked: false };
  notices.forEach((notice, index) => report(logger, notice, waiting[index]?.to ?? []));
  for (const one of [...left, ...waiting]) await send(one, options, outputs);
  return { looked: true, missing: missing.all() };
}

function report(logger: Logger, { kind, about: { name: condition, subject, text: reason } }: Notice, to: readonly string[]) {
  const line = { condition, ...(subject !== undefined && { subject }), reason, outputs: to };
  if (to.length === 0) {
    logger.warn({ code: 'RB_ALERT_NOT_SENT', ...line }, `an alert (${kind}) is about the only output that alerts go to`);
  } else if (kind === 'firing') logger.warn(line, 'alert');
  else logger.info(line, 'alert is over');
}

/** As a replay does: to these outputs by name, whatever the routes say. */
async function send(
  waiting: Waiting,
  { state, write, record, logger }: AlertOptions,
  outputs: readonly ReplayOutput[],
): Promise<void> {
  const { callback, to } = waiting;
  try {
    const shares = sharesOf([{ callback, to }], outputs, write.length);
    // Without `to` it was reported when it was settled.
    if (shares.size === 0 && to.length > 0)
      logger.warn(
        { code: 'RB_ALERT_NOT_SENT', requestID: callback.id, outputs: to },
        'an alert is not sent: its outputs left the settings',
      );
    const batch = alertBatch(callback);
    await enqueue(write, { batch, shares });
    const left = to.filter((name) => outputs.some((output) => output.name === name));
    if (left.length > 0) await record?.({ batch, callback, to: left });
    await state.sent(waiting);
  } catch (err) {
    logger.warn({ code: 'RB_ALERT_NOT_SENT', requestID: callback.id, err }, 'an alert waits for a shard that did not take it');
  }
}
