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

/** The settings file with aliases, merge keys and variables resolved. What is `broken` has been reported. */
export type Tree = Scalar | List | Mapping | { readonly kind: 'broken'; readonly place: Place };

/** A tree as plain values; nothing of what is broken. */
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
