import { type RunningProcess, STOPPING } from '@ringback/queue';
import type { Find } from './condition.ts';

type App = RunningProcess['app'];

/** A process that has just started may still be on its way to Redis. ms. */
const STARTS_WITHIN_MS = 10_000;
const MOST_NAMED = 3;
const PLURALS = { ingress: 'ingresses', worker: 'workers' } as const satisfies Readonly<Record<App, string>>;

export function noProcess(app: App, so: string): Find {
  return ({ processes, redis }) => {
    // They tell on shard 0.
    const areTold = redis.every(({ shard, refusal }) => shard !== 0 || refusal === undefined);
    if (!areTold || processes === undefined || processes.some((running) => running.app === app)) return [];
    return [{ text: `no ${app} runs: ${so}` }];
  };
}

export const notReady: Find = ({ processes = [], redis, at }) => {
  const now = redis.find(({ shard }) => shard === 0)?.time.redis ?? at;
  const groups = byCause(processes, ({ startedAt, state }) => {
    const reasons = now - startedAt < STARTS_WITHIN_MS ? [] : (state?.notReady ?? []);
    return reasons.filter((reason) => reason !== STOPPING).map((reason) => ({ cause: reason }));
  });
  return groups.map((group) => ({
    subject: group.subject,
    text: `${whoOf(group, ['is not ready', 'are not ready'])}: ${group.cause}`,
  }));
};

/** The remedy is in the file, or a restart. */
export const settingsRefused: Find = ({ processes = [] }) => {
  const kept = byCause(processes, ({ state }) => {
    const problem = state?.settings?.problem;
    return problem ? [{ cause: `${problem.code}: ${problem.text}`, since: problem.at }] : [];
  });
  return kept.map((group) => ({
    subject: group.subject,
    since: group.since,
    text: `${whoOf(group, ['kept its old settings', 'kept their old settings'])}: ${group.cause}`,
  }));
};

/** The remedy is to finish the rolling change. */
export const settingsDiffer: Find = ({ difference }) => {
  const differ = Object.entries(difference ?? {}).flatMap(([app, found]) => (found ? [app] : []));
  return differ.map((app) => ({
    subject: { kind: 'app', name: app } as const,
    text: `the ${app} processes run different settings or versions`,
  }));
};

type Cause = { readonly cause: string; readonly since?: number };
type Group = {
  readonly subject: { readonly kind: 'app'; readonly name: App };
  readonly cause: string;
  readonly since: number | undefined;
  readonly names: readonly string[];
  /** How many processes of the app run. */
  readonly of: number;
};

/** One problem of many processes is one, and stays the same over their restarts. */
function byCause(processes: readonly RunningProcess[], causesOf: (running: RunningProcess) => readonly Cause[]): Group[] {
  const groups = new Map<string, Group>();
  for (const running of processes) {
    const { app, host, pid } = running;
    for (const { cause, since } of causesOf(running)) {
      const before = groups.get(`${app} ${cause}`);
      const times = [before?.since, since].filter((time) => time !== undefined);
      groups.set(`${app} ${cause}`, {
        subject: { kind: 'app', name: app },
        cause,
        since: times.length === 0 ? undefined : Math.min(...times),
        names: [...(before?.names ?? []), `${host}:${pid}`],
        of: processes.filter((other) => other.app === app).length,
      });
    }
  }
  return [...groups.values()];
}

/** `the worker w:7 is not ready`, `2 of 9 workers are not ready (w:7, w:8)`. `so`: of one, and of several. */
function whoOf({ subject: { name: app }, names, of }: Group, so: readonly [string, string]): string {
  if (of === 1) return `the ${app} ${names.join()} ${so[0]}`;
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  const named = `${names.slice(0, MOST_NAMED).join(', ')}${more}`;
  return `${names.length} of ${of} ${PLURALS[app]} ${so[names.length === 1 ? 0 : 1]} (${named})`;
}
