import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** One kind of line that the sources can log, from all places that log it. `…` in a message is filled in at run time. */
export type LogCall = {
  readonly message: string;
  readonly levels: Set<string>;
  readonly fields: Set<string>;
  readonly codes: Set<string>;
  /** Fields, or the code, come from elsewhere as well. */
  hasMoreFields: boolean;
  hasMoreCodes: boolean;
};

type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>;
type Found = {
  readonly level: string;
  readonly message: Node;
  readonly fields: Node;
  readonly place: string;
  readonly find: Find;
};
/** The value of a constant of the file. */
type Find = (name: string) => Node | undefined;

const LEVELS: ReadonlySet<string> = new Set(['debug', 'info', 'warn', 'error']);
/** These hand on what others log. */
const PASS_ON = ['packages/contracts/src/logger.ts', 'packages/observability/src/repeats.ts'];

/** Every line of an ingress or a worker. @throws Error for a message that cannot be read: it MUST stand in the same file */
export function logCalls(root: string): ReadonlyMap<string, LogCall> {
  const calls = new Map<string, LogCall>();
  const files = globSync(['apps/{ingress,worker}/src/**/*.ts', 'packages/*/src/**/*.ts'], { cwd: root });
  const ours = files.filter((path) => !/\.test\.ts$|\/test-|testkit|conformance/.test(path) && !PASS_ON.includes(path));
  for (const path of ours.toSorted()) {
    for (const found of callsOf(path, readFileSync(join(root, path), 'utf8'))) add(calls, found);
  }
  return calls;
}

function callsOf(path: string, text: string): Found[] {
  const nodes = all(parseAst(text, { lang: 'ts' }));
  const named = new Map(nodes.flatMap((node) => declared(node)));
  const find: Find = (name) => named.get(name);
  return nodes.flatMap((node) => {
    const place = `${path}:${text.slice(0, node.start).split('\n').length}`;
    const [first, second] = nodesIn(node['arguments']);
    const level = levelOf(node);
    if (level !== undefined && first && second) return [{ level, message: second, fields: first, place, find }];
    const message = first && isRepeats(node) ? valueOf(first, 'message') : undefined;
    // What repeats is the caller's: its fields are not known here.
    return message ? [{ level: 'warn', message, fields: message, place, find }] : [];
  });
}

function levelOf({ type, callee }: Node): string | undefined {
  if (type !== 'CallExpression' || !isNode(callee) || callee.type !== 'MemberExpression' || callee['computed'] === true)
    return undefined;
  const level = nameOf(callee['property']);
  const { object } = callee;
  const logger = nameOf(isNode(object) && object.type === 'MemberExpression' ? object['property'] : object) ?? '';
  return level !== undefined && LEVELS.has(level) && /logger$/i.test(logger) ? level : undefined;
}

const isRepeats = ({ type, callee }: Node) => type === 'CallExpression' && nameOf(callee) === 'createRepeats';

function add(calls: Map<string, LogCall>, { level, message, fields, place, find }: Found): void {
  for (const text of textsOf(message, find)) {
    if (text.replaceAll('…', '').trim() === '')
      throw new Error(`${place}: the message of this log line does not stand in this file`);
    const fresh = { levels: new Set<string>(), fields: new Set<string>(), codes: new Set<string>() };
    const call = calls.get(text) ?? { message: text, ...fresh, hasMoreFields: false, hasMoreCodes: false };
    calls.set(text, call);
    call.levels.add(level);
    addFields(call, fields, find);
  }
}

function addFields(call: LogCall, node: Node, find: Find): void {
  switch (node.type) {
    case 'ObjectExpression':
      for (const property of nodesIn(node['properties'])) addProperty(call, property, find);
      return;
    case 'ConditionalExpression':
      return both(['consequent', 'alternate']);
    case 'LogicalExpression':
      return both(['right']);
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
      return both(['expression']);
    default: {
      const known = node.type === 'Identifier' ? find(nameOf(node) ?? '') : undefined;
      if (known) return addFields(call, known, find);
      [call.hasMoreFields, call.hasMoreCodes] = [true, true];
    }
  }

  function both(names: readonly string[]): void {
    for (const name of names) {
      const part = node[name];
      if (isNode(part)) addFields(call, part, find);
    }
  }
}

function addProperty(call: LogCall, property: Node, find: Find): void {
  if (property.type === 'SpreadElement') {
    if (isNode(property['argument'])) addFields(call, property['argument'], find);
    return;
  }
  const name = nameOf(property['key']);
  const { value } = property;
  if (name === undefined || property['computed'] === true) call.hasMoreFields = true;
  else call.fields.add(name);
  if (name !== 'code' || !isNode(value)) return;
  for (const code of textsOf(value, find)) {
    if (code.includes('…')) call.hasMoreCodes = true;
    else call.codes.add(code);
  }
}

/** All that it may come to. */
function textsOf(node: Node, find: Find): string[] {
  if (typeof node['value'] === 'string') return [node['value']];
  if (node.type === 'ConditionalExpression')
    return nodesIn([node['consequent'], node['alternate']]).flatMap((part) => textsOf(part, find));
  if (node.type === 'TemplateLiteral') return templateTexts(node, find);
  const known = node.type === 'Identifier' ? find(nameOf(node) ?? '') : undefined;
  return known ? textsOf(known, find) : ['…'];
}

function templateTexts(node: Node, find: Find): string[] {
  const filled = nodesIn(node['expressions']).map((part) => textsOf(part, find));
  return nodesIn(node['quasis']).reduce<string[]>(
    (texts, { value }, index) => {
      const text = isObject(value) ? String(value['cooked']) : '';
      const before = index === 0 ? [''] : (filled[index - 1] ?? ['…']);
      return texts.flatMap((start) => before.map((part) => start + part + text));
    },
    [''],
  );
}

function declared({ type, id, init }: Node): [string, Node][] {
  const name = nameOf(id);
  return type === 'VariableDeclarator' && name !== undefined && isNode(init) ? [[name, init]] : [];
}

function valueOf(object: Node, name: string): Node | undefined {
  const value = nodesIn(object['properties']).find(({ key }) => nameOf(key) === name)?.['value'];
  return isNode(value) ? value : undefined;
}

function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  const name = node.type === 'Literal' ? node['value'] : node['name'];
  return typeof name === 'string' ? name : undefined;
}

const nodesIn = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

function all(root: unknown): Node[] {
  if (Array.isArray(root)) return root.flatMap(all);
  if (!isObject(root)) return [];
  const below = Object.values(root).flatMap(all);
  return isNode(root) ? [root, ...below] : below;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isNode(value: unknown): value is Node {
  return isObject(value) && typeof value['type'] === 'string' && typeof value['start'] === 'number';
}
