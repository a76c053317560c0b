import { type Alias, type Document, isMap, isNode, isScalar, isSeq, type Node, type Pair, visit, type YAMLMap } from 'yaml';
import { type Ancestors, pathOf, scalarAt, type Mark } from './nodes.ts';
import { join, type Place, type Problems } from './problem.ts';

/** A file whose aliases multiply comes to millions; real settings stay far below. */
const MOST_VALUES = 20_000;

type Options = {
  readonly document: Document.Parsed;
  readonly problems: Problems;
  readonly placeOf: (node: Node) => Place;
  readonly marks: WeakMap<Node, Mark>;
};

/** Replaces aliases by their nodes and expands merge keys. */
export function resolveAliases(options: Options): void {
  const { document, problems, placeOf } = options;
  const anchors = new Map<string, Node>();
  const seen = new Set<Node>();
  let left = MOST_VALUES;
  visit(document, {
    Alias: (_index, alias, ancestors) => target(alias, anchors.get(alias.source), ancestors, options),
    Value: (_index, node, ancestors) => {
      left -= 1;
      if (left < 0) {
        const text = `with its aliases the file holds more than ${MOST_VALUES} values`;
        problems.report(placeOf(node), pathOf(ancestors, node), text);
        problems.throwIfAny();
      }
      // A node may be met again behind an alias, when its anchor names another node.
      if (node.anchor !== undefined && !seen.has(node)) anchors.set(node.anchor, node);
      seen.add(node);
    },
  });
  visit(document, { Map: (_index, map, ancestors) => merge(map, ancestors, options) });
}

function target(alias: Alias, named: Node | undefined, ancestors: Ancestors, { problems, placeOf, marks }: Options): Node {
  if (named !== undefined && !ancestors.includes(named)) return named;
  const why = named === undefined ? 'there is no such anchor before this alias' : 'the alias stands inside of what it names';
  problems.report(placeOf(alias), pathOf(ancestors, alias), why);
  const broken = scalarAt(null, alias);
  marks.set(broken, 'broken');
  return broken;
}

/** Own keys win over merged ones, earlier merges over later ones. */
function merge(map: YAMLMap, ancestors: Ancestors, options: Options): void {
  const sources = map.items.filter(isMerge).flatMap(({ value }) => (isSeq(value) ? value.items : [value]));
  map.items = map.items.filter((pair) => !isMerge(pair));
  for (const source of sources) {
    if (isMap(source)) {
      merge(source, ancestors, options);
      map.items.push(...source.items.filter(({ key }) => !map.has(key)));
    } else if (isNode(source) && options.marks.get(source) !== 'broken') {
      const path = join(pathOf(ancestors, map), '<<');
      options.problems.report(options.placeOf(source), path, 'only a mapping, or a list of mappings, can be merged');
    }
  }
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}
