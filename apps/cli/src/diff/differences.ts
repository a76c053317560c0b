import { type App, restartedFor, type SettingsChange } from '@ringback/config';

type Names = { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] };
type Change = Omit<SettingsChange, 'keys'> & { readonly restart: readonly App[] };

/** What a reload of the new settings would do. Holds no secret. */
export type Differences = {
  readonly differs: boolean;
  readonly outputs: Names;
  readonly sources: Names;
  /** As `<source>/<account>`. */
  readonly accounts: Names;
  /** Each as its settings by name. */
  readonly routes: { readonly added: readonly unknown[]; readonly removed: readonly unknown[]; readonly reordered: boolean };
  /** One by one: an output that came or went is one change. */
  readonly changes: readonly Change[];
  /** Settings that an app takes only when it starts. If there is one, its reload takes nothing of the file. */
  readonly restart: Readonly<Record<App, readonly string[]>>;
};

export function differencesOf(found: readonly SettingsChange[]): Differences {
  const changes = found.map(({ keys: _keys, ...change }) => ({ ...change, restart: restartedFor(change) }));
  const restart = (app: App) => changes.filter((change) => change.restart.includes(app)).map(({ setting }) => setting);
  const ofRoutes = found.filter(({ keys }) => keys[0] === 'routes');
  return {
    differs: found.length > 0,
    outputs: namesOf(found, ({ keys }) => (keys[0] === 'outputs' ? keys.slice(1) : [])),
    sources: namesOf(found, ({ keys }) => (keys[0] === 'sources' ? keys.slice(1) : [])),
    accounts: namesOf(found, accountOf),
    routes: {
      added: ofRoutes.filter(({ change }) => change === 'added').map(({ to }) => to),
      removed: ofRoutes.filter(({ change }) => change === 'removed').map(({ from }) => from),
      reordered: ofRoutes.some(({ change }) => change === 'changed'),
    },
    changes,
    restart: { ingress: restart('ingress'), worker: restart('worker') },
  };
}

function accountOf({ keys: [section, source = '', list, account, ...rest] }: SettingsChange): readonly string[] {
  return section === 'sources' && list === 'accounts' && account !== undefined ? [`${source}/${account}`, ...rest] : [];
}

/** `partOf`: the name of the thing and, if the change is inside of it, more. */
function namesOf(found: readonly SettingsChange[], partOf: (change: SettingsChange) => readonly string[]): Names {
  const names = { added: new Set<string>(), removed: new Set<string>(), changed: new Set<string>() };
  for (const change of found) {
    const [name, ...inside] = partOf(change);
    if (name !== undefined) names[inside.length === 0 ? change.change : 'changed'].add(name);
  }
  return { added: [...names.added], removed: [...names.removed], changed: [...names.changed] };
}
