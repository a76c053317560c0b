import { type Document, isNode, type Node, type Scalar, visit } from 'yaml';
import { type Environment, interpolate, type Shielded, unshield } from './interpolate.ts';
import { type Ancestors, type Mark, pathOf, scalarAt } from './nodes.ts';
import type { Place, Problems } from './problem.ts';

type Options = {
  readonly document: Document.Parsed;
  readonly shielded: Shielded;
  readonly env: Environment;
  readonly problems: Problems;
  readonly placeAt: (offset: number) => Place;
  readonly marks: WeakMap<Node, Mark>;
};

/** Also gives a key without a value an empty one. */
export function putVariables(options: Options): void {
  visit(options.document, {
    Pair: (_index, pair) => {
      if (isNode(pair.key)) pair.value ??= scalarAt(null, pair.key);
    },
    Scalar: (key, node, ancestors) => {
      if (key === 'key') nameKey(node, ancestors, options);
      else putInto(node, ancestors, options);
    },
  });
}

function nameKey(key: Scalar, ancestors: Ancestors, { shielded, problems, placeAt }: Options): void {
  const range = rangeOf(key);
  const written = String(key.value);
  key.value = unshield(written, shielded, range);
  if (key.value !== written) problems.report(placeAt(range[0]), pathOf(ancestors, key), 'a key cannot be a variable');
}

function putInto(node: Scalar, ancestors: Ancestors, { shielded, env, placeAt, marks }: Options): void {
  const { value, source = '' } = node;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return;
  const result = interpolate(typeof value === 'string' ? value : source, shielded, rangeOf(node), env);
  const problems = result.problems.map(({ offset, text }) => ({ ...placeAt(offset), text }));
  if (problems.length > 0) marks.set(node, { path: pathOf(ancestors, node), problems });
  else if (result.hidden) marks.set(node, result.alone && node.type === 'PLAIN' ? 'variable' : 'hidden');
  node.value = result.value;
}

function rangeOf({ range }: Node): [number, number] {
  return range ? [range[0], range[1]] : [0, 0];
}
