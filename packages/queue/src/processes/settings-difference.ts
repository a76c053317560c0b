import type { RunningProcess } from './registry.ts';

/** Others than the newest. */
type OlderSettings = {
  /** `<host>:<pid>` of each. */
  readonly processes: readonly string[];
  /** By name: only in the newest, only in these, different. */
  readonly adds: readonly string[];
  readonly removes: readonly string[];
  readonly changes: readonly string[];
};

export type SettingsDifference = {
  readonly newest: readonly string[];
  readonly older: readonly OlderSettings[];
};

/**
 * Undefined: no difference. The newest settings appeared last: an old worker's restart does not make its
 * settings the newest.
 */
export function settingsDifference(processes: readonly RunningProcess[]): SettingsDifference | undefined {
  const oldestFirst = processes.toSorted((a, b) => since(a) - since(b));
  const groups = [...Map.groupBy(oldestFirst, partsOf).values()];
  const newest = groups.at(-1);
  const [example] = newest ?? [];
  if (groups.length < 2 || !newest || !example) return undefined;
  const older = groups
    .slice(0, -1)
    .map((group) => ({ processes: group.map(nameOf), ...compare(group[0]?.parts ?? {}, example.parts) }));
  return { newest: newest.map(nameOf), older };
}

const since = ({ startedAt, settingsAt = startedAt }: RunningProcess) => settingsAt;

function compare(older: RunningProcess['parts'], newer: RunningProcess['parts']): Omit<OlderSettings, 'processes'> {
  const names = [...new Set([...Object.keys(older), ...Object.keys(newer)])].toSorted();
  return {
    adds: names.filter((name) => !Object.hasOwn(older, name)),
    removes: names.filter((name) => !Object.hasOwn(newer, name)),
    changes: names.filter((name) => Object.hasOwn(older, name) && Object.hasOwn(newer, name) && older[name] !== newer[name]),
  };
}

function partsOf({ parts }: RunningProcess): string {
  return JSON.stringify(Object.entries(parts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const nameOf = ({ host, pid }: RunningProcess) => `${host}:${pid}`;
