import type { InstallationStatus } from '../installation/status.ts';
import type { ConditionKind, Found, Limits } from './condition.ts';
import { acksRefused, acksSlow, callbacksLost, callbacksWait, spoolInUse, unrouted } from './of-callbacks.ts';
import { historyGap, historyLag } from './of-history.ts';
import { deadLetters, deliveriesDropped, deliveriesWait, outputFailing } from './of-outputs.ts';
import { noProcess, notReady, settingsDiffer, settingsRefused } from './of-processes.ts';
import { clockSkew, durability, redisMemory, redisRefuses } from './of-redis.ts';

/**
 * What a person on call should know of: `status` and alerts read this one table. Each name is a heading of
 * docs/runbook.md and a row of docs/alerts.md; a test holds both, and the rules of Prometheus, to it.
 */
export const CONDITIONS = {
  // First, because it causes many of the others.
  'redis-refuses': { severity: 'error', alerts: { none: '`RingbackNotReady` tells it' }, find: redisRefuses },
  'no-ingress': { severity: 'error', alerts: ['RingbackNoIngress'], find: noProcess('ingress', 'callbacks are not taken') },
  'no-worker': { severity: 'error', alerts: ['RingbackNoWorker'], find: noProcess('worker', 'what was acked waits for one') },
  'not-ready': { severity: 'error', alerts: ['RingbackProcessDown', 'RingbackNotReady'], find: notReady },
  'acks-refused': { severity: 'error', alerts: ['RingbackAcksRefused', 'RingbackAcksRefusedSlowly'], find: acksRefused },
  'callbacks-lost': { severity: 'error', alerts: ['RingbackCallbacksLost'], find: callbacksLost },
  durability: { severity: 'error', alerts: ['RingbackDurabilityUnmet'], find: durability },
  'acks-slow': { severity: 'warning', alerts: ['RingbackAcksSlow', 'RingbackAcksSlowForHours'], find: acksSlow },
  'redis-memory': { severity: 'warning', alerts: ['RingbackRedisMemory'], find: redisMemory },
  'spool-in-use': { severity: 'warning', alerts: ['RingbackSpoolInUse'], find: spoolInUse },
  'output-failing': { severity: 'warning', alerts: ['RingbackOutputFailing'], find: outputFailing },
  'oldest-waiting': {
    severity: 'warning',
    alerts: ['RingbackCallbacksWaiting', 'RingbackDeliveriesWaiting'],
    find: (status, limits) => [...callbacksWait(status, limits), ...deliveriesWait(status, limits)],
  },
  'dead-letters': { severity: 'warning', alerts: ['RingbackDeadLetters'], find: deadLetters },
  'deliveries-dropped': { severity: 'warning', alerts: ['RingbackDeliveriesDropped'], find: deliveriesDropped },
  unrouted: { severity: 'warning', alerts: ['RingbackUnrouted'], find: unrouted },
  'history-gap': { severity: 'warning', alerts: ['RingbackHistoryGap'], find: historyGap },
  'history-lag': { severity: 'warning', alerts: ['RingbackHistoryLag'], find: historyLag },
  'clock-skew': { severity: 'warning', alerts: ['RingbackClockSkew'], find: clockSkew },
  'settings-refused': { severity: 'warning', alerts: ['RingbackSettingsNotReloaded'], find: settingsRefused },
  'settings-differ': { severity: 'warning', alerts: ['RingbackVersionsDiffer'], find: settingsDiffer },
} as const satisfies Readonly<Record<string, ConditionKind>>;

export type Condition = Omit<Found, 'severity'> & Pick<ConditionKind, 'severity'> & { readonly name: keyof typeof CONDITIONS };

/** What is wrong now: the worst first. */
export function conditionsOf(status: InstallationStatus, limits: Limits): readonly Condition[] {
  const all = NAMES.flatMap((name) => {
    const { severity, find } = CONDITIONS[name];
    return find(status, limits).map((found) => ({ name, severity, ...found }));
  });
  return all.toSorted((a, b) => rank(a) - rank(b));
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table's own keys
const NAMES = Object.keys(CONDITIONS) as Condition['name'][];
const rank = ({ severity }: Condition) => (severity === 'error' ? 0 : 1);
