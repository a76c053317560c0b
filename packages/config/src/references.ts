import { Type } from 'typebox';
import { join, type Problems } from './problem.ts';
import { itemsOf, type Scalar, type Tree, under } from './tree.ts';
import { shown, unknownName } from './wording.ts';

type Options = {
  readonly root: Tree;
  readonly problems: Problems;
  /** What is wrong with a condition, if anything. */
  readonly checkCondition: (text: string) => string | undefined;
};

type Named = { readonly name: Scalar & { readonly value: string }; readonly path: string };

/** What no schema can say: names are unique, routes lead to outputs that exist, and their conditions can be used. */
export function checkReferences({ root, problems, checkCondition }: Options): void {
  checkUnique(namesIn(under(root, 'sources'), 'sources'), problems);
  const outputs = namesIn(under(root, 'outputs'), 'outputs');
  checkUnique(outputs, problems);
  const known = outputs.map(({ name }) => name.value);
  for (const [index, route] of itemsOf(under(root, 'routes')).entries()) {
    const path = join('routes', index);
    for (const [position, to] of itemsOf(under(route, 'to')).entries()) {
      if (!isText(to) || known.includes(to.value)) continue;
      problems.report(
        to.place,
        join(join(path, 'to'), position),
        `${shown(Type.String(), to)} is not an output; ${unknownName(to.value, known)}`,
      );
    }
    const when = under(route, 'when');
    const problem = isText(when) && when.value !== '' ? checkCondition(when.value) : undefined;
    if (when !== undefined && problem !== undefined) problems.report(when.place, join(path, 'when'), problem);
  }
}

function namesIn(list: Tree | undefined, path: string): Named[] {
  return itemsOf(list).flatMap((item, index) => {
    const name = under(item, 'name');
    return isText(name) ? [{ name, path: join(join(path, index), 'name') }] : [];
  });
}

function checkUnique(names: readonly Named[], problems: Problems): void {
  const first = new Map<string, Named>();
  for (const named of names) {
    const { name, path } = named;
    const other = first.get(name.value);
    if (other === undefined) first.set(name.value, named);
    else
      problems.report(
        name.place,
        path,
        `${shown(Type.String(), name)} is the name of ${other.path.replace(/\.name$/, '')} as well`,
      );
  }
}

function isText(tree: Tree | undefined): tree is Scalar & { readonly value: string } {
  return tree?.kind === 'scalar' && typeof tree.value === 'string';
}
