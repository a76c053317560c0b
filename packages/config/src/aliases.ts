import { type Alias, type Document, isMap, isNode, isScalar, isSeq, type Node, type Pair, visit, type YAMLMap } from 'yaml';
import { type Ancestors, pathOf, scalarAt, type Mark } from './nodes.ts';
import { join, type Place, type Problems } from './problem.ts';

/** Far more than settings hold; a file whose aliases multiply comes to millions. */
const MOST_VALUES = 20_000;

type Options = {
  readonly document: Document.Parsed;
  readonly problems: Problems;
  readonly placeOf: (node: Node) => Place;
  readonly marks: WeakMap<Node, Mark>;
};

/** Puts in place of each alias the node that it names, and into each mapping the pairs that its merge keys bring. */
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
      // Behind an alias a node is met again, and its anchor may have been given to another one by then.
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

/** A mapping's own keys win, and then those of the first that is merged. */
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
