import { type Config, unknownName } from '@ringback/config';
import { pathSteps } from '@ringback/privacy';
import { matchesType, unknownInPath } from '@ringback/routing';
import type { TSchema } from 'typebox';
import { type Given, takesOpen } from './given-types.ts';
import type { Warning } from './warning.ts';

/** A mistyped path hides nothing, and nobody sees it before the data has left. */
export function maskWarnings({ outputs, routes }: Config, given: Given): Warning[] {
  return outputs.flatMap(({ name, delivery }, index) => {
    const patterns = routes.flatMap(({ match, to = [] }) => (to.includes(name) ? match : []));
    if (patterns.some((pattern) => takesOpen(pattern, given.open))) return [];
    const bodies = bodiesOf(patterns, given.types);
    if (bodies.length === 0) return [];
    return (delivery.mask?.paths ?? []).flatMap((path, position) => {
      const unknown = unknownInPath(pathSteps(path), bodies);
      if (unknown === undefined) return [];
      const text = `${unknown.path} is in no body that this output gets, so it hides nothing; ${unknownName(unknown.name, unknown.known)}`;
      return [{ at: ['outputs', index, 'mask', 'paths', position], text }];
    });
  });
}

function bodiesOf(patterns: readonly string[], types: ReadonlyMap<string, TSchema>): TSchema[] {
  const fitting = [...types].filter(([type]) => patterns.some((pattern) => matchesType(pattern, type)));
  return [...new Set(fitting.map(([, body]) => body))];
}
