import { type Document, isNode, LineCounter, type Node, Scalar, visit, type YAMLError } from 'yaml';
import { resolveAliases } from './aliases.ts';
import type { Steps } from './in-steps.ts';
import { type Environment, forbiddenCharacter, shield } from './interpolate.ts';
import type { Place, Problems } from './problem.ts';
import { parseYaml } from './parse-yaml.ts';
import { putVariables } from './variables.ts';
import type { Mark } from './nodes.ts';

export type Key = string | number;

/** Nodes with their positions. Aliases, merge keys and variables are resolved. */
export type SettingsDocument = {
  readonly root: Node;
  readonly placeOf: (node: Node) => Place;
  /** The node at these keys, or the last one on the way. */
  readonly nodeAt: (keys: readonly Key[]) => { readonly node: Node; readonly found: boolean };
  /** As plain data. */
  readonly valueOf: (node: Node) => unknown;
  /** A node for a value that is not in the file; it has the position of `like`. */
  readonly standIn: (like: Node, value: unknown, mark: Mark) => Node;
  /** A node without a mark is in the file as it is. */
  readonly marks: WeakMap<Node, Mark>;
  /** Offsets in the text where it is not YAML. */
  readonly broken: readonly number[];
};

type Options = {
  readonly text: string;
  readonly env: Environment;
  readonly problems: Problems;
  /** Goes on with what can be read of a text that is not YAML. */
  readonly tolerant?: boolean;
};

/** @throws RingbackError RB_CONFIG_INVALID if the text is not one YAML document */
export function* readDocument({ text, env, problems, tolerant = false }: Options): Steps<SettingsDocument> {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const shielded = shield(text);
  const document = yield* parseYaml(shielded.text, lines);
  const forbidden = forbiddenCharacter(text);
  if (forbidden !== -1) problems.report(placeAt(forbidden), '', 'the characters U+FDD0 and U+FDD1 cannot be used');
  const errors = [...document.errors, ...document.warnings];
  for (const error of errors) problems.report(placeAt(error.pos[0]), '', wordsOf(error, document, text));
  if (document.contents === null) problems.report({ line: 1, column: 1 }, '', 'the file is empty');
  if (!tolerant) problems.throwIfAny();
  const placeOf = (node: Node): Place => placeAt(node.range?.[0] ?? 0);
  const marks: SettingsDocument['marks'] = new WeakMap();
  putVariables({ document, shielded, env, problems, placeAt, marks });
  yield;
  resolveAliases({ document, problems, placeOf, marks });
  const root: Node = document.contents ?? new Scalar(null);
  return {
    root,
    placeOf,
    marks,
    broken: [...errors.map(({ pos }) => pos[0]), ...(forbidden === -1 ? [] : [forbidden])],
    nodeAt: (keys) => {
      for (let length = keys.length; length > 0; length -= 1) {
        const node = document.getIn(keys.slice(0, length), true);
        if (isNode(node)) return { node, found: length === keys.length };
      }
      return { node: root, found: keys.length === 0 };
    },
    valueOf: (node) => node.toJS(document),
    standIn: (like, value, mark) => {
      const made: Node = document.createNode(value);
      visit(made, { Node: (_key, node) => void marks.set(Object.assign(node, { range: like.range ?? null }), mark) });
      return made;
    },
  };
}

/** Never with the text at the error: it may be a secret. */
function wordsOf({ code, message, pos }: YAMLError, document: Document, text: string): string {
  if (code === 'DUPLICATE_KEY') return `${message}: ${keyAt(document, pos[0], text)} is given twice`;
  if (code === 'MULTIPLE_DOCS') return 'the file holds several documents; settings are one: remove the --- and what follows it';
  return code === 'UNEXPECTED_TOKEN' || code === 'BAD_DQ_ESCAPE' ? message.replace(/: .*| \\.*/s, '') : message;
}

/** The first key at or after this offset. An anchor may stand before it. */
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
