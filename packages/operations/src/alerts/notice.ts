import { ALERTS, type Callback, callbackKey } from '@ringback/contracts';
import type { Notice } from './decide.ts';

/** The outputs to tell: not the one that it is about. Telling that one would be telling nobody, or a loop. */
export function receiversOf({ about: { subject } }: Notice, to: readonly string[]): readonly string[] {
  return subject?.kind === 'output' ? to.filter((output) => output !== subject.name) : to;
}

/** An alert is a batch of its own, whose id follows from the alert's. */
export const alertBatch = (callback: Pick<Callback, 'id' | 'source' | 'account'>) => `alert.${callbackKey(callback)}`;

type Writing = {
  /** ms since the epoch. */
  readonly now: number;
  /** The URL of the runbook. */
  readonly runbook: string | undefined;
};

/** In letters and digits: as digits alone, a mask of logs would take it for a phone number. */
const timeOf = (ms: number) => Math.round(ms).toString(36);

/** A callback of ours. The same notice has the same id, so telling it twice is a duplicate. */
export function callbackOf(
  { kind, from, worse = false, about }: Notice,
  { now, runbook = 'docs/runbook.md' }: Writing,
): Callback {
  const { name: condition, subject, severity, since, text } = about;
  const time = Math.round(now);
  const body = {
    type: `${ALERTS.type}.${kind}`,
    condition,
    ...(subject !== undefined && { subject }),
    severity,
    since: new Date(since).toISOString(),
    ...(kind === 'resolved' && { until: new Date(time).toISOString() }),
    text,
    runbook: `${runbook}#${condition}`,
  };
  return {
    id: [condition, subject?.kind ?? '', subject?.name ?? '', timeOf(from), worse ? 'worse' : kind].join('/'),
    source: ALERTS.source,
    account: ALERTS.account,
    type: body.type,
    time,
    receivedAt: time,
    body: JSON.stringify(body),
  };
}
