/** Where something stands in the settings file; both count from 1. */
export type Place = { readonly line: number; readonly column: number };

/**
 * How a scalar came to its value: `written` in the file as it is; `hidden`, from a variable or a secret file, and so never shown in a
 * message; `variable`, hidden too, and one unquoted `${…}` alone, which may stand for a number or a truth value.
 */
type Origin = 'written' | 'hidden' | 'variable';

export type Scalar = {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  readonly origin: Origin;
};
export type List = { readonly kind: 'list'; readonly place: Place; readonly items: readonly Tree[] };
export type Mapping = { readonly kind: 'mapping'; readonly place: Place; readonly entries: ReadonlyMap<string, Entry> };
export type Entry = { readonly keyPlace: Place; readonly value: Tree };

/** What could not be had, as a variable is not set or a file cannot be read. It is a problem only where it is needed. */
export type Unset = {
  readonly kind: 'unset';
  readonly place: Place;
  /** The key that it stands under: for what a file should hold, that of the file. */
  readonly path: string;
  readonly problems: readonly (Place & { readonly text: string })[];
};

/** The settings file with aliases, merge keys and variables resolved. What is `broken` has been reported. */
export type Tree = Scalar | List | Mapping | Unset | { readonly kind: 'broken'; readonly place: Place };

/** A tree as plain values; nothing of what is broken or unset. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  if (tree.kind === 'mapping') return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plain(value)]));
  return undefined;
}

/** What stands under `key`, where `tree` is a mapping that has it. */
export function under(tree: Tree | undefined, key: string): Tree | undefined {
  return tree?.kind === 'mapping' ? tree.entries.get(key)?.value : undefined;
}

/** The entries of a list, or none. */
export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.kind === 'list' ? tree.items : [];
}

/** What stands where these keys lead, or the last of what they lead through. */
export function at(root: Tree, keys: readonly (string | number)[]): { readonly tree: Tree; readonly found: boolean } {
  let tree = root;
  for (const key of keys) {
    const next = typeof key === 'number' ? itemsOf(tree)[key] : under(tree, key);
    if (next === undefined) return { tree, found: false };
    tree = next;
  }
  return { tree, found: true };
}
