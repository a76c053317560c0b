import type { InspectedConfig } from './load.ts';
import { contentOf, type Leaf } from './leaves.ts';

/** One difference between two settings. `from` and `to` are as written, and absent for a secret or a whole section. */
export type SettingsChange = {
  /** `outputs.crm.timeout`; `outputs.crm` if all of it came or went; `routes` for each of them. */
  readonly setting: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly from?: unknown;
  readonly to?: unknown;
};

type Compared = Pick<InspectedConfig, 'leaves'>;

export function compareSettings(before: Compared, after: Compared): readonly SettingsChange[] {
  const [old, next] = [before.leaves(), after.leaves()].map(byName);
  if (old === undefined || next === undefined) return [];
  const gone = new Map(outermost(old, next).map((setting) => [setting, { setting, change: 'removed' } as const]));
  const come = new Map(outermost(next, old).map((setting) => [setting, { setting, change: 'added' } as const]));
  const changed = [...next].flatMap(([setting, leaf]) => {
    const earlier = old.get(setting);
    if (isRoutes(leaf) || earlier === undefined || contentOf(earlier) === contentOf(leaf)) return [];
    const shown = leaf.secret || earlier.secret ? {} : { from: earlier.value, to: leaf.value };
    return [{ setting, change: 'changed' as const, ...shown }];
  });
  return [...gone.values(), ...come.values(), ...changed, ...routeChanges(old, next)];
}

type Leaves = ReadonlyMap<string, Leaf>;

const ROUTES = 'routes';
const isRoutes = ({ keys }: Leaf) => keys[0] === ROUTES;
const byName = (leaves: readonly Leaf[]): Leaves => new Map(leaves.map((leaf) => [leaf.keys.join('.'), leaf]));

/** What `these` have and `others` lack: of a section that is missing as a whole, the section. */
function outermost(these: Leaves, others: Leaves): readonly string[] {
  const known = new Set([...others.values()].flatMap(({ keys }) => keys.map((_, index) => keys.slice(0, index + 1).join('.'))));
  const missing = [...these.values()].flatMap((leaf) => {
    const { keys } = leaf;
    const at = isRoutes(leaf) ? -1 : keys.findIndex((_, index) => !known.has(keys.slice(0, index + 1).join('.')));
    return at === -1 ? [] : [keys.slice(0, at + 1).join('.')];
  });
  return [...new Set(missing)];
}

/** Routes have no names: one is known by what it says. */
function routeChanges(old: Leaves, next: Leaves): readonly SettingsChange[] {
  const [before, after] = [routesIn(old), routesIn(next)];
  const removed = without(before, after).map((route) => ({
    setting: ROUTES,
    change: 'removed' as const,
    from: JSON.parse(route),
  }));
  const added = without(after, before).map((route) => ({ setting: ROUTES, change: 'added' as const, to: JSON.parse(route) }));
  if (removed.length + added.length > 0 || before.join('\n') === after.join('\n')) return [...removed, ...added];
  return [{ setting: 'order of routes', change: 'changed' }];
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
