import type { RunningProcess } from '@ringback/queue';
import type { OutputStatus } from './outputs.ts';
import type { InstallationStatus } from './status.ts';

/** Each has a section of docs/runbook.md with its name. */
export const CONDITIONS = [
  'no-ingress',
  'no-worker',
  'not-ready',
  'acks-refused',
  'redis-refuses',
  'durability',
  'redis-memory',
  'oldest-waiting',
  'output-failing',
  'dead-letters',
  'history-gap',
  'history-lag',
  'clock-skew',
  'settings',
] as const;
type ConditionName = (typeof CONDITIONS)[number];

/** Something that a person on call should know of. */
export type Condition = {
  readonly name: ConditionName;
  /** What it is about: an output, `host:pid`, a shard. With the name it says which condition this is. */
  readonly subject?: string | undefined;
  /** `error`: callbacks are refused, or go nowhere. */
  readonly severity: 'error' | 'warning';
  /** ms since the epoch, if it is known. */
  readonly since?: number | undefined;
  /** A sentence for people. No secret, no personal data. */
  readonly text: string;
};

export type Limits = {
  /** ms that something may wait at most. */
  readonly waiting: number;
  /** Share of Redis's maxmemory from which on callbacks are refused (`redis.overload.memory.high`). */
  readonly memory: number;
};

const SKEW_MS = 5000;
const HISTORY_LAG_MS = 300_000;
const GAP_SHOWN_MS = 3_600_000;
/** Of the share from which on callbacks are refused. */
const NEAR = 0.9;

/** What is wrong now: the worst first. */
export function conditionsOf(status: InstallationStatus, limits: Limits): readonly Condition[] {
  const all = [
    ...ofRefusals(status),
    ...ofProcesses(status),
    ...ofRedis(status, limits),
    ...ofWaiting(status, limits),
    ...status.outputs.flatMap((output) => ofOutput(output, status.at, limits)),
    ...ofHistory(status),
  ];
  return all.toSorted((a, b) => rank(a) - rank(b));
}

const rank = ({ severity }: Condition) => (severity === 'error' ? 0 : 1);

/** First: of what else is wrong, much follows from it. */
function ofRefusals({ redis, shards }: InstallationStatus): Condition[] {
  return redis.flatMap(({ shard, refusal }) => {
    if (refusal === undefined) return [];
    const subject = shards === 1 ? 'Redis' : `shard ${shard}`;
    const silent = shard === 0 ? '. Processes cannot tell what they do: what is shown of them is what they said last' : '';
    return [error('redis-refuses', `${subject} takes no writes: ${refusal}${silent}`, { subject })];
  });
}

function ofProcesses({ processes, rates, difference, redis }: InstallationStatus): Condition[] {
  if (processes === undefined) return [];
  const areTold = redis.every(({ shard, refusal }) => shard !== 0 || refusal === undefined);
  const none = (app: RunningProcess['app']) => areTold && processes.every((running) => running.app !== app);
  const refused = rates?.ourFault ?? 0;
  const differ = Object.entries(difference ?? {}).flatMap(([app, found]) => (found ? [app] : []));
  return [
    ...(none('ingress') ? [error('no-ingress', 'no ingress runs: callbacks are not taken')] : []),
    ...(none('worker') ? [error('no-worker', 'no worker runs: what was acked waits for one')] : []),
    ...processes.flatMap(ofProcess),
    ...(refused > 0
      ? [error('acks-refused', `${perSecond(refused)} callbacks are refused for want of a place to keep them`)]
      : []),
    ...differ.map((app) => warning('settings', `the ${app} processes run different settings or versions`, { subject: app })),
  ];
}

function ofProcess({ app, host, pid, state }: RunningProcess): Condition[] {
  const subject = `${host}:${pid}`;
  const problem = state?.settings?.problem;
  return [
    ...(state?.notReady ?? []).map((reason) => error('not-ready', `the ${app} ${subject} is not ready: ${reason}`, { subject })),
    ...(problem
      ? [
          warning('settings', `the ${app} ${subject} kept its old settings: ${problem.code}: ${problem.text}`, {
            subject,
            since: problem.at,
          }),
        ]
      : []),
  ];
}

function ofRedis({ redis, shards }: InstallationStatus, { memory }: Limits): Condition[] {
  return redis.flatMap(({ shard, memoryRatio, unmet, time }) => {
    const subject = shards === 1 ? 'Redis' : `shard ${shard}`;
    const skew = Math.round(time.redis - time.own);
    return [
      ...(unmet === undefined ? [] : [error('durability', `${subject}: ${unmet}`, { subject })]),
      ...(memoryRatio >= memory * NEAR
        ? [
            (memoryRatio >= memory ? error : warning)(
              'redis-memory',
              `${subject} uses ${percent(memoryRatio)} of maxmemory; from ${percent(memory)} on callbacks are refused`,
              { subject },
            ),
          ]
        : []),
      ...(Math.abs(skew) >= SKEW_MS
        ? [warning('clock-skew', `the clock of ${subject} differs from this machine's by ${skew} ms`, { subject })]
        : []),
    ];
  });
}

function ofWaiting({ dispatch, at }: InstallationStatus, { waiting }: Limits): Condition[] {
  if (dispatch.oldest === undefined || at - dispatch.oldest < waiting) return [];
  const subject = 'callbacks';
  return [warning('oldest-waiting', 'callbacks wait to be dispatched', { subject, since: dispatch.oldest })];
}

function ofOutput(output: OutputStatus, at: number, { waiting }: Limits): Condition[] {
  const { name: subject, oldest, state, dead = 0 } = output;
  const waits = oldest !== undefined && at - oldest >= waiting && state !== 'paused';
  return [
    ...failing(output),
    ...(waits ? [warning('oldest-waiting', `deliveries wait for output ${subject}`, { subject, since: oldest })] : []),
    ...(dead > 0 ? [warning('dead-letters', `output ${subject} has ${dead} dead letters in Redis`, { subject })] : []),
  ];
}

function failing({ name: subject, failing: how, breaker }: OutputStatus): Condition[] {
  const isOpen = breaker !== undefined && breaker.state !== 'closed';
  if (!how && !isOpen) return [];
  const reasons = how ? `: ${how.reasons.join('; ')}` : '';
  return [warning('output-failing', `output ${subject} is failing${reasons}`, { subject, since: how?.since ?? breaker?.since })];
}

function ofHistory({ history, at }: InstallationStatus): Condition[] {
  const { store, waiting = [] } = history;
  const gaps = (store?.gaps ?? []).filter(({ to }) => at - to < GAP_SHOWN_MS);
  const dropped = waiting.reduce((sum, one) => sum + one.dropped.callbacks + one.dropped.attempts, 0);
  const oldest = Math.min(...waiting.map((one) => one.oldest ?? Infinity));
  return [
    ...(gaps.length > 0 || dropped > 0
      ? [warning('history-gap', 'the history has a gap of the last hour: its buffer was full', { since: gaps[0]?.from })]
      : []),
    ...(at - oldest >= HISTORY_LAG_MS
      ? [warning('history-lag', 'events wait to be written to the history', { since: oldest })]
      : []),
  ];
}

type About = Pick<Condition, 'subject' | 'since'>;

function error(name: ConditionName, text: string, about: About = {}): Condition {
  return { name, severity: 'error', text, ...about };
}

function warning(name: ConditionName, text: string, about: About = {}): Condition {
  return { name, severity: 'warning', text, ...about };
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
const perSecond = (rate: number) => `${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`;
