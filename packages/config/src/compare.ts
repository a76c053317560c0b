import { atOnce, inSteps, type Steps } from './in-steps.ts';
import type { InspectedConfig } from './load.ts';
import { contentOf, type Leaf } from './leaves.ts';

/**
 * One difference between two settings. `from` and `to` are as written: of a single setting that holds no secret, and of a
 * route, which is one object with its settings by name.
 */
export type SettingsChange = {
  /** `outputs.crm.timeout`; `outputs.crm` if all of it came or went; `routes` for each of them. */
  readonly setting: string;
  /** The parts of its name: they may hold dots. */
  readonly keys: readonly string[];
  readonly change: 'added' | 'removed' | 'changed';
  readonly from?: unknown;
  readonly to?: unknown;
  /** A single setting whose values MUST NOT be shown. */
  readonly secret?: true;
};

type Compared = Pick<InspectedConfig, 'leaves'>;

export function compareSettings(before: Compared, after: Compared): readonly SettingsChange[] {
  return atOnce(compare(before, after));
}

/** Like `compareSettings`, while requests are answered. */
export function compareInSteps(before: Compared, after: Compared, signal: AbortSignal): Promise<readonly SettingsChange[]> {
  return inSteps(compare(before, after), signal);
}

function* compare(before: Compared, after: Compared): Steps<readonly SettingsChange[]> {
  const old = byName(before.leaves());
  yield;
  const next = byName(after.leaves());
  yield;
  const changed = [...next.values()].flatMap((leaf) => {
    const earlier = old.get(nameOf(leaf.keys));
    if (isRoutes(leaf) || earlier === undefined || contentOf(earlier) === contentOf(leaf)) return [];
    const shown = leaf.secret || earlier.secret ? ({ secret: true } as const) : { from: earlier.value, to: leaf.value };
    return [{ ...named(leaf.keys), change: 'changed' as const, ...shown }];
  });
  yield;
  const removed = missingIn(next, old, 'removed');
  yield;
  const added = missingIn(old, next, 'added');
  yield;
  return [...removed, ...added, ...changed, ...routeChanges(old, next)];
}

type Leaves = ReadonlyMap<string, Leaf>;

const ROUTES = 'routes';
const isRoutes = ({ keys }: Leaf) => keys[0] === ROUTES;
/** Parts may hold any character, so they are not just joined. */
const nameOf = (keys: readonly string[]) => keys.reduce((name, key) => `${name}${key.length}:${key}`, '');
const named = (keys: readonly string[]) => ({ setting: keys.join('.'), keys });
const byName = (leaves: readonly Leaf[]): Leaves => new Map(leaves.map((leaf) => [nameOf(leaf.keys), leaf]));

/** What `others` have and `these` lack: of a section that is missing as a whole, the section. */
function missingIn(these: Leaves, others: Leaves, change: 'added' | 'removed'): readonly SettingsChange[] {
  const known = new Set([...these.values()].flatMap(({ keys }) => keys.map((_, index) => nameOf(keys.slice(0, index + 1)))));
  const missing = new Map<string, SettingsChange>();
  for (const leaf of others.values()) {
    const { keys } = leaf;
    const at = isRoutes(leaf) ? -1 : keys.findIndex((_, index) => !known.has(nameOf(keys.slice(0, index + 1))));
    if (at === -1) continue;
    const part = keys.slice(0, at + 1);
    missing.set(nameOf(part), { ...named(part), change, ...(part.length === keys.length && shownOnce(leaf, change)) });
  }
  return [...missing.values()];
}

function shownOnce({ secret, value }: Leaf, change: 'added' | 'removed'): Partial<SettingsChange> {
  if (secret) return { secret: true };
  return change === 'added' ? { to: value } : { from: value };
}

/** Routes have no names: one is known by what it says. */
function routeChanges(old: Leaves, next: Leaves): readonly SettingsChange[] {
  const [before, after] = [routesIn(old), routesIn(next)];
  const route = named([ROUTES]);
  const removed = without(before, after).map((text) => ({ ...route, change: 'removed' as const, from: JSON.parse(text) }));
  const added = without(after, before).map((text) => ({ ...route, change: 'added' as const, to: JSON.parse(text) }));
  if (removed.length + added.length > 0 || before.join('\n') === after.join('\n')) return [...removed, ...added];
  return [{ setting: 'order of routes', keys: [ROUTES], change: 'changed' }];
}

function routesIn(leaves: Leaves): readonly string[] {
  const routes = new Map<string, Record<string, unknown>>();
  for (const { keys, value } of leaves.values()) {
    const [first, index, ...rest] = keys;
    if (first !== ROUTES || index === undefined) continue;
    routes.set(index, { ...routes.get(index), [rest.join('.')]: value });
  }
  return [...routes.values()].map((route) => JSON.stringify(route));
}

/** Of equal ones, as many as `others` do not have. */
function without(these: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return these.filter((one) => {
    const at = left.indexOf(one);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}
