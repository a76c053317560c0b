import type { SourceConfig } from '@ringback/config';
import { matchesType } from '@ringback/routing';
import { sourceTypes } from '@ringback/sources';
import type { TSchema } from 'typebox';

/** What the sources of the settings may give. */
export type Given = {
  readonly types: ReadonlyMap<string, TSchema>;
  /** Prefixes of types that cannot be listed. */
  readonly open: readonly string[];
  readonly sources: readonly string[];
  readonly accounts: readonly string[];
};

export function givenBy(sources: readonly SourceConfig[]): Given {
  const known = sources.flatMap(({ name, type, settings }) => {
    const sourceType = sourceTypes[type];
    return sourceType ? [{ sourceType, settings, ...sourceType.types({ name, settings }) }] : [];
  });
  return {
    types: new Map(known.flatMap(({ bodies }) => Object.entries(bodies))),
    open: known.flatMap(({ open }) => open ?? []),
    sources: sources.map(({ name }) => name),
    accounts: known.flatMap(({ sourceType, settings }) => sourceType.identities(settings).accounts.map(({ value }) => value)),
  };
}

/** Whether a source may give callbacks of such a type. */
export function givesType(sources: readonly SourceConfig[], pattern: string): boolean {
  const { types, open } = givenBy(sources);
  return takesOpen(pattern, open) || [...types.keys()].some((type) => matchesType(pattern, type));
}

export function takesOpen(pattern: string, open: readonly string[]): boolean {
  const [literal = '', ...rest] = pattern.split('*');
  return open.some((word) => literal.startsWith(`${word}.`) || (rest.length > 0 && `${word}.`.startsWith(literal)));
}
