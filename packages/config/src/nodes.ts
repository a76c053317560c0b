import { type Document, isMap, isNode, isPair, isScalar, isSeq, type Node, type Pair, Scalar } from 'yaml';
import { join, type Place } from './problem.ts';

/** A variable is not set, or a file cannot be read. A problem only if the value is needed. */
export type Unset = {
  /** The key in the file: for a secret file, the `…File` key. */
  readonly path: string;
  readonly problems: readonly (Place & { readonly text: string })[];
};

/**
 * `hidden`: from a variable or a secret file, and never shown. `variable`: one unquoted `${…}`, which may be
 * a number or a truth value. `broken`: already reported.
 */
export type Mark = 'hidden' | 'variable' | 'broken' | Unset;

export type Entry = { readonly key: Node; readonly value: Node };

export function entriesOf(node: Node): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const { key, value } of isMap(node) ? node.items : []) {
    if (isScalar(key) && isNode(value)) entries.set(String(key.value), { key, value });
  }
  return entries;
}

/** A scalar with the position of another node. */
export function scalarAt(value: string | null, { range = null }: Node): Scalar {
  return Object.assign(new Scalar(value), { range });
}

export function hasNoValue(mark: Mark | undefined): boolean {
  return mark === 'broken' || typeof mark === 'object';
}

export type Ancestors = readonly (Document | Node | Pair)[];

/** Such as `outputs[0].timeout`. */
export function pathOf(ancestors: Ancestors, node: Node): string {
  const chain = [...ancestors, node];
  return chain.reduce<string>((path, current, index) => {
    if (isPair(current) && isScalar(current.key)) return join(path, String(current.key.value));
    const child = chain[index + 1];
    return isSeq(current) && child !== undefined ? join(path, current.items.indexOf(child)) : path;
  }, '');
}
