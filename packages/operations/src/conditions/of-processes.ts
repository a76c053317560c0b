import type { RunningProcess } from '@ringback/queue';
import type { ConditionKind } from './condition.ts';

type Find = ConditionKind['find'];

const aboutProcess = ({ host, pid }: RunningProcess) => ({ kind: 'process', name: `${host}:${pid}` }) as const;

export function noProcess(app: RunningProcess['app'], so: string): Find {
  return ({ processes, redis }) => {
    // They tell on shard 0.
    const areTold = redis.every(({ shard, refusal }) => shard !== 0 || refusal === undefined);
    if (!areTold || processes === undefined || processes.some((running) => running.app === app)) return [];
    return [{ text: `no ${app} runs: ${so}` }];
  };
}

export const notReady: Find = ({ processes = [] }) =>
  processes.flatMap((running) => {
    const subject = aboutProcess(running);
    const reasons = running.state?.notReady ?? [];
    return reasons.map((reason) => ({ subject, text: `the ${running.app} ${subject.name} is not ready: ${reason}` }));
  });

/** One has kept its old settings, or they differ. */
export const settings: Find = ({ processes = [], difference }) => {
  const differ = Object.entries(difference ?? {}).flatMap(([app, found]) => (found ? [app] : []));
  return [
    ...processes.flatMap((running) => {
      const problem = running.state?.settings?.problem;
      if (problem === undefined) return [];
      const subject = aboutProcess(running);
      const why = `${problem.code}: ${problem.text}`;
      return [{ subject, since: problem.at, text: `the ${running.app} ${subject.name} kept its old settings: ${why}` }];
    }),
    ...differ.map((app) => ({
      subject: { kind: 'app', name: app } as const,
      text: `the ${app} processes run different settings or versions`,
    })),
  ];
};
