import type { Placed } from '@ringback/contracts';
import { Type } from 'typebox';
import { join, type Problems } from './problem.ts';
import type { SourceTypes } from './schema.ts';
import type { SettingsDocument } from './document.ts';
import { shown } from './wording.ts';

type Source = { readonly name: string; readonly type: string; readonly settings: unknown };
type Options = {
  readonly document: SettingsDocument;
  readonly problems: Problems;
  readonly sources: readonly Source[];
  readonly sourceTypes: SourceTypes;
};

type Found = { readonly at: Placed['at']; readonly text: string };
type TypesOf = (source: Source) => ReturnType<SourceTypes[string]['types']> | undefined;

export function checkSources({ document, problems, sources, sourceTypes }: Options): void {
  const typesOf: TypesOf = (source) =>
    Object.values(sourceTypes)
      .find(({ type }) => type === source.type)
      ?.types(source);
  for (const [index, { name, type, settings }] of sources.entries()) {
    const sourceType = Object.values(sourceTypes).find((known) => known.type === type);
    const isOpen = typesOf({ name, type, settings })?.open === name;
    const found = [
      ...(sourceType?.problems?.(settings) ?? []),
      ...(isOpen ? nameProblems({ name, type, settings }, sources, typesOf) : []),
    ];
    for (const { at, text } of found) {
      const keys = ['sources', index, ...at];
      problems.report(document.placeOf(document.nodeAt(keys).node), keys.reduce<string>(join, ''), text);
    }
  }
}

/** Two sources MUST NOT share types: no route could tell them apart. */
function nameProblems({ name }: Source, sources: readonly Source[], typesOf: TypesOf): Found[] {
  const other = sources.find((source) => {
    const { bodies = {}, open } = typesOf(source) ?? {};
    return source.name !== name && (open === name || Object.keys(bodies).some((type) => type.startsWith(`${name}.`)));
  });
  return other ? [{ at: ['name'], text: `is the first word of the types of source ${other.name}; choose another name` }] : [];
}

/** Paths are unique; accounts are unique within a source. */
export function checkIdentities({ document, problems, sources, sourceTypes }: Options): void {
  const paths: Placed[] = [];
  for (const [index, { type, settings }] of sources.entries()) {
    const sourceType = Object.values(sourceTypes).find((known) => known.type === type);
    const found = sourceType?.identities(settings) ?? { paths: [], accounts: [] };
    const placed = ({ value, at: keys }: Placed): Placed => ({ value, at: ['sources', index, ...keys] });
    paths.push(...found.paths.map(placed));
    checkDistinct(found.accounts.map(placed), 'put all secrets of an account into one');
  }
  checkDistinct(paths, 'give each a path of its own');

  function checkDistinct(values: readonly Placed[], advice: string): void {
    const first = new Map<string, string>();
    for (const { value, at: keys } of values) {
      const path = keys.reduce<string>(join, '');
      const other = first.get(value);
      const { node, found } = document.nodeAt(keys);
      const text = found ? shown(Type.String(), node, document) : JSON.stringify(value);
      if (other !== undefined) problems.report(document.placeOf(node), path, `${text} is ${other} as well; ${advice}`);
      else first.set(value, path);
    }
  }
}
