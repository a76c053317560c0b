import { Type } from 'typebox';
import { isScalar, isSeq, type Scalar } from 'yaml';
import type { Key, SettingsDocument } from './document.ts';
import type { Steps } from './in-steps.ts';
import { hasNoValue } from './nodes.ts';
import { join, type Problems } from './problem.ts';
import { shown, unknownName } from './wording.ts';

type Options = {
  readonly document: SettingsDocument;
  readonly problems: Problems;
  readonly checkCondition: (text: string) => string | undefined;
};

/** Names are unique, outputs of routes exist, and conditions are valid. */
export function* checkReferences({ document, problems, checkCondition }: Options): Steps<void> {
  checkUnique('sources');
  const known = checkUnique('outputs');
  checkOutputs(['alerts', 'to'], known);
  for (const route of indexes('routes')) {
    yield checkOutputs(['routes', route, 'to'], known);
    const when = textAt(['routes', route, 'when']);
    const problem = when !== undefined && when.value !== '' ? checkCondition(when.value) : undefined;
    if (when !== undefined && problem !== undefined) report(when, ['routes', route, 'when'], problem);
  }

  function checkOutputs(list: readonly Key[], outputs: ReadonlySet<string>): void {
    for (const keys of indexes(...list).map((index) => [...list, index])) {
      const to = textAt(keys);
      if (to === undefined || outputs.has(to.value)) continue;
      report(to, keys, `${shown(Type.String(), to, document)} is not an output; ${unknownName(to.value, [...outputs])}`);
    }
  }

  function checkUnique(list: string): ReadonlySet<string> {
    const first = new Map<string, string>();
    for (const index of indexes(list)) {
      const name = textAt([list, index, 'name']);
      const other = name === undefined ? undefined : first.get(name.value);
      if (name === undefined) continue;
      if (other === undefined) first.set(name.value, `${list}[${index}]`);
      else report(name, [list, index, 'name'], `${shown(Type.String(), name, document)} is the name of ${other} as well`);
    }
    return new Set(first.keys());
  }

  function indexes(...keys: readonly Key[]): number[] {
    const { node, found } = document.nodeAt(keys);
    return found && isSeq(node) ? [...node.items.keys()] : [];
  }

  function textAt(keys: readonly Key[]): (Scalar & { value: string }) | undefined {
    const { node, found } = document.nodeAt(keys);
    return found && isText(node) && !hasNoValue(document.marks.get(node)) ? node : undefined;
  }

  function report(node: Scalar, keys: readonly Key[], text: string): void {
    problems.report(document.placeOf(node), keys.reduce<string>(join, ''), text);
  }
}

function isText(node: unknown): node is Scalar & { value: string } {
  return isScalar(node) && typeof node.value === 'string';
}
