import type { RestCount } from '@ringback/history';
import {
  type AskShards,
  dispatchStatus,
  knownProcesses,
  type OutputStatus,
  readDispatch,
  readOutputs,
} from '@ringback/operations';
import { readRouteCounts, type RunningProcess, settingsDifference } from '@ringback/queue';
import { redisTime } from '@ringback/redis';
import { countLines } from '../dispatch/route-counts.ts';
import { dispatchLine } from '../dispatch/state.ts';
import { askHome, askShards } from '../reach/shards.ts';
import type { Reached } from '../reach/with-redis.ts';
import { age } from '../terminal/age.ts';
import { table } from '../terminal/table.ts';
import { stateNotes } from './state.ts';

export type OutputsShown = { readonly lines: readonly string[]; readonly outputs: readonly OutputStatus[] };

/** Of all shards together. `resting`: what rests in the history, if there is one that answers. */
export async function showOutputs(reached: Reached, resting: readonly RestCount[] | undefined): Promise<OutputsShown> {
  const { outputs, broken, count: shards } = reached;
  const ask: AskShards = (work) => askShards(reached, work);
  const [running, times] = await Promise.all([askHome(reached, knownProcesses), ask(({ redis }) => redisTime(redis))]);
  const states = await readOutputs({ askShards: ask, outputs: broken ? undefined : outputs, running, resting });
  const [dispatch, counts] = await Promise.all([ask(readDispatch), ask(readRouteCounts)]);
  const now = Math.max(...times.values());
  const lines = [
    ...outputTable(states, now),
    ...states.flatMap((output) => stateNotes(output, { now, shards })),
    ...(states.some(({ state }) => state === 'removed') ? [REMOVED] : []),
    dispatchLine(dispatchStatus(dispatch, running), shards),
    ...countLines([...counts.values()]),
    ...differenceLines('ingress', running),
    ...differenceLines('worker', running),
  ];
  return { lines, outputs: states };
}

/**
 * Four counts of jobs, then what is stored by reference (deliveries, KiB, dropped ones), with a history what is
 * parked there, then the oldest's age.
 */
const HEADINGS = ['output', 'state', 'waiting', 'later', 'under way', 'dead letters', 'held', 'KiB', 'dropped'];

export function outputTable(outputs: readonly OutputStatus[], now: number): string[] {
  const parks = outputs.some(({ parked }) => parked !== undefined);
  const rows = outputs.map(({ name, state, waiting, delayed, active, dead, held, bytes, dropped, parked = 0, oldest }) => {
    const kibibytes = bytes === undefined ? undefined : Math.ceil(bytes / 1024);
    const numbers = [waiting, delayed, active, dead, held, kibibytes, dropped, ...(parks ? [parked] : [])];
    return [name, state, ...numbers.map((count) => count ?? '-'), oldest === undefined ? '-' : age(now - oldest)].map(String);
  });
  return table([...HEADINGS, ...(parks ? ['parked'] : []), 'oldest'], rows);
}

const REMOVED =
  'removed: not in the settings. Put it back, or: ringback outputs move <name> <other>, ringback outputs purge <name>';

function differenceLines(app: RunningProcess['app'], running: readonly RunningProcess[] = []): string[] {
  const difference = settingsDifference(running.filter((one) => one.app === app));
  if (!difference) return [];
  const plural = app === 'ingress' ? 'ingresses' : 'workers';
  return [
    `RB_SETTINGS_DIFFER: ${plural} run different settings or versions; the newest: ${difference.newest.join(', ')}`,
    ...difference.older.map(({ processes, adds, removes, changes }) => {
      const parts = Object.entries({ adds, removes, changes }).filter(([, names]) => names.length > 0);
      const how = parts.map(([verb, names]) => `the newest ${verb} ${names.join('; ')}`);
      return `  ${processes.join(', ')}: ${how.join('. ')}`;
    }),
  ];
}
