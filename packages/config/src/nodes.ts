import { type Document, isMap, isNode, isPair, isScalar, isSeq, type Node, type Pair, Scalar } from 'yaml';
import { join, type Place } from './problem.ts';

/** Why there is no value: a variable is not set, or a file cannot be read. It is a problem only where the value is needed. */
export type Unset = {
  /** The key that it stands under: for what a file should hold, that of the file. */
  readonly path: string;
  readonly problems: readonly (Place & { readonly text: string })[];
};

/**
 * What is known of a node beside what YAML says. `hidden`: its value comes from a variable or a secret file; no message shows it.
 * `variable`: hidden, and one unquoted `${…}` alone, which may stand for a number or a truth value. `broken`: reported already.
 */
export type Mark = 'hidden' | 'variable' | 'broken' | Unset;

export type Entry = { readonly key: Node; readonly value: Node };

/** The entries of a mapping by key. */
export function entriesOf(node: Node): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const { key, value } of isMap(node) ? node.items : []) {
    if (isScalar(key) && isNode(value)) entries.set(String(key.value), { key, value });
  }
  return entries;
}

/** A scalar that stands where another node stands in the file. */
export function scalarAt(value: string | null, { range = null }: Node): Scalar {
  return Object.assign(new Scalar(value), { range });
}

/** Whether a mark says that there is no value to look at. */
export function hasNoValue(mark: Mark | undefined): boolean {
  return mark === 'broken' || typeof mark === 'object';
}

/** What a visitor is told to stand around a node. */
export type Ancestors = readonly (Document | Node | Pair)[];

/** The key of a node, such as `outputs[0].timeout`. */
export function pathOf(ancestors: Ancestors, node: Node): string {
  const chain = [...ancestors, node];
  return chain.reduce<string>((path, current, index) => {
    if (isPair(current) && isScalar(current.key)) return join(path, String(current.key.value));
    const child = chain[index + 1];
    return isSeq(current) && child !== undefined ? join(path, current.items.indexOf(child)) : path;
  }, '');
}
