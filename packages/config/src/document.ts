import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar as YamlScalar,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { type Environment, forbiddenCharacter, interpolate, shield, type Shielded, unshield } from './interpolate.ts';
import { join, type Problems } from './problem.ts';
import type { Entry, Place, Tree } from './tree.ts';

/** Far more than settings hold; a file whose aliases multiply comes to millions. */
const MOST_VALUES = 20_000;

type Options = { readonly text: string; readonly env: Environment; readonly problems: Problems };

/**
 * The text of a settings file → its tree, with the place of everything. A value with a variable that is not set is `unset`.
 * @throws RingbackError RB_CONFIG_INVALID when the text is not one YAML document.
 */
export function readDocument({ text, env, problems }: Options): Tree {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const shielded = shield(text);
  const document = parseDocument(shielded.text, { lineCounter: lines, prettyErrors: false, merge: true, stringKeys: true });
  const forbidden = forbiddenCharacter(text);
  if (forbidden !== -1) problems.report(placeAt(forbidden), '', 'the characters U+FDD0 and U+FDD1 cannot be used');
  for (const error of [...document.errors, ...document.warnings])
    problems.report(placeAt(error.pos[0]), '', wordsOf(error, document, text));
  if (document.contents === null) problems.report({ line: 1, column: 1 }, '', 'the file is empty');
  problems.throwIfAny();
  const resolve: Builder['resolve'] = (node) => (isAlias(node) ? node.resolve(document) : node);
  return build({ shielded, env, problems, placeAt, resolve, left: MOST_VALUES, open: new Set() }, document.contents, '', {
    line: 1,
    column: 1,
  });
}

/** Never with the text that the parser stumbled over: it may be a secret. */
function wordsOf({ code, message, pos }: YAMLError, document: Document, text: string): string {
  if (code === 'DUPLICATE_KEY') return `${message}: ${keyAt(document, pos[0], text)} is given twice`;
  if (code === 'MULTIPLE_DOCS') return 'the file holds several documents; settings are one: remove the --- and what follows it';
  return code === 'UNEXPECTED_TOKEN' || code === 'BAD_DQ_ESCAPE' ? message.replace(/: .*| \\.*/s, '') : message;
}

/** The key that begins at this offset, as it is written. */
function keyAt(document: Document, offset: number, text: string): string {
  let key = 'a key';
  visit(document, {
    Pair: (_index, pair) => {
      if (!isNode(pair.key) || !pair.key.range || pair.key.range[0] < offset) return undefined;
      key = text.slice(pair.key.range[0], pair.key.range[1]);
      return visit.BREAK;
    },
  });
  return key;
}

type Builder = {
  readonly shielded: Shielded;
  readonly env: Environment;
  readonly problems: Problems;
  readonly placeAt: (offset: number) => Place;
  readonly resolve: (node: unknown) => unknown;
  /** How many more values there may be. */
  left: number;
  /** The collections that are being built, to find one that holds itself. */
  readonly open: Set<unknown>;
};

function build(builder: Builder, written: unknown, path: string, parentPlace: Place): Tree {
  const { problems, open } = builder;
  const node = builder.resolve(written);
  const place = isNode(written) && written.range ? builder.placeAt(written.range[0]) : parentPlace;
  const broken = (problem: string): Tree => {
    problems.report(place, path, problem);
    return { kind: 'broken', place };
  };
  if (node === undefined) return broken('there is no such anchor before this alias');
  if (open.has(node)) return broken('the alias stands inside of what it names');
  builder.left -= 1;
  if (builder.left < 0) {
    problems.report(place, path, `with its aliases the file holds more than ${MOST_VALUES} values`);
    problems.throwIfAny();
  }
  if (isScalar(node)) return scalar(builder, node, path, place);
  open.add(node);
  const tree = collection(builder, node, path, place);
  open.delete(node);
  return tree;
}

function collection(builder: Builder, node: unknown, path: string, place: Place): Tree {
  if (isMap(node)) return { kind: 'mapping', place, entries: entriesOf(builder, node, path, place) };
  if (!isSeq(node)) return { kind: 'scalar', place, value: null, origin: 'written' };
  return { kind: 'list', place, items: node.items.map((item, index) => build(builder, item, join(path, index), place)) };
}

/** A mapping's own keys, and then those that merge keys bring and that are not there yet. */
function entriesOf(builder: Builder, map: YAMLMap, path: string, place: Place): Map<string, Entry> {
  const own = map.items.filter((pair) => !isMerge(pair));
  const entries = new Map(own.map((pair) => entryOf(builder, pair, path, place)));
  for (const { value } of map.items.filter(isMerge)) {
    const sources = build(builder, value, join(path, '<<'), place);
    for (const source of sources.kind === 'list' ? sources.items : [sources]) {
      if (source.kind === 'scalar' || source.kind === 'list') {
        builder.problems.report(source.place, join(path, '<<'), 'only a mapping, or a list of mappings, can be merged');
      }
      if (source.kind !== 'mapping') continue;
      for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry);
    }
  }
  return entries;
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && (typeof key.value === 'symbol' || (key.value === '<<' && key.type === 'PLAIN'));
}

function entryOf(builder: Builder, { key, value }: Pair, path: string, place: Place): [string, Entry] {
  const node = builder.resolve(key);
  const range = isNode(node) ? node.range : undefined;
  const keyPlace = range ? builder.placeAt(range[0]) : place;
  const text = isScalar(node) ? String(node.value) : '';
  const name = range ? unshield(text, builder.shielded, [range[0], range[1]]) : text;
  if (name !== text) builder.problems.report(keyPlace, join(path, name), 'a key cannot be a variable');
  return [name, { keyPlace, value: build(builder, value, join(path, name), keyPlace) }];
}

function scalar({ shielded, env, placeAt }: Builder, node: YamlScalar, path: string, place: Place): Tree {
  const { value, range } = node;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
    return { kind: 'scalar', place, value, origin: 'written' };
  }
  const text = typeof value === 'string' ? value : (node.source ?? '');
  const result = interpolate(text, shielded, range ? [range[0], range[1]] : [0, 0], env);
  if (result.problems.length > 0) {
    return {
      kind: 'unset',
      path,
      place,
      problems: result.problems.map(({ offset, text: why }) => ({ ...placeAt(offset), text: why })),
    };
  }
  const variable = result.alone && node.type === 'PLAIN' ? 'variable' : 'hidden';
  return { kind: 'scalar', place, value: result.value, origin: result.hidden ? variable : 'written' };
}
