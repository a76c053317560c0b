import type { Condition, InstallationStatus } from '@ringback/operations';
import { historyJson } from '../history/status.ts';
import { outputJson } from '../outputs/json.ts';
import { iso } from '../terminal/iso.ts';
import type { Seen } from './text.ts';

/** Every field of the status, with the conditions and what could not be asked. Times in ISO 8601. */
export function statusJson({ status, conditions, missing }: Seen): object {
  const { at, processes, dispatch, outputs, redis, history, lately, ...rest } = status;
  return {
    at: iso(at),
    conditions: conditions.map(conditionJson),
    processes: processes?.map(processJson),
    dispatch: { ...dispatch, oldest: iso(dispatch.oldest) },
    outputs: outputs.map(outputJson),
    redis: redis.map(({ time, ...look }) => ({ ...look, time: { redis: iso(time.redis), own: iso(time.own) } })),
    lately: lately && latelyJson(lately),
    history: historyJson(history),
    ...rest,
    missing,
  };
}

function latelyJson({ lost, unrouted, history, dropped }: NonNullable<InstallationStatus['lately']>): object {
  return { lost: iso(lost), unrouted: iso(unrouted), history: iso(history), dropped: mapValues(dropped, (time) => iso(time)) };
}

function conditionJson({ since, ...condition }: Condition): object {
  return { ...condition, since: iso(since) };
}

type Running = NonNullable<InstallationStatus['processes']>[number];
type State = NonNullable<Running['state']>;

function processJson({ startedAt, toldAt, settingsAt, failing, state, parts: _digests, ...running }: Running): object {
  return {
    ...running,
    startedAt: iso(startedAt),
    toldAt: iso(toldAt),
    settingsAt: iso(settingsAt),
    failing: failing && mapValues(failing, ({ since, reason }) => ({ since: iso(since), reason })),
    state: state && stateJson(state),
  };
}

function stateJson({ settings, outputs, ...state }: State): object {
  return { ...state, settings: settings && settingsJson(settings), outputs: outputs && mapValues(outputs, seenJson) };
}

function settingsJson({ loadedAt, problem, ...settings }: NonNullable<State['settings']>): object {
  return { ...settings, loadedAt: iso(loadedAt), problem: problem && { ...problem, at: iso(problem.at) } };
}

function seenJson({ since, lastDelivered, lastFailed, ...seen }: NonNullable<State['outputs']>[string]): object {
  const failed = lastFailed && { ...lastFailed, at: iso(lastFailed.at) };
  return { ...seen, since: iso(since), lastDelivered: iso(lastDelivered), lastFailed: failed };
}

function mapValues<T>(record: Readonly<Record<string, T>>, to: (value: T) => unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value)]));
}
