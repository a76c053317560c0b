import type { TSchema } from 'typebox';
import { elementsIn, fieldIn, namesIn } from './body-fields.ts';
import type { UnknownField } from './condition-fields.ts';

/** A key, the index of an item, or null: any key or item. */
type Step = string | number | null;

/**
 * The first key of a path that is in none of these bodies. A list on the way may be left out of the path. Undefined:
 * the path leads somewhere, or into what has no fixed fields.
 */
export function unknownInPath(steps: readonly Step[], bodies: readonly TSchema[]): UnknownField | undefined {
  let schemas = bodies;
  let path = '$';
  for (const step of steps) {
    const within =
      step === null || typeof step === 'number' ? itemsOrMembers(schemas, step) : fieldIn(throughLists(schemas), step);
    if (within === undefined) return undefined;
    path += typeof step === 'string' ? `.${step}` : `[${step ?? '*'}]`;
    if (within.length === 0) return { path, name: String(step ?? '*'), known: namesIn(throughLists(schemas)) };
    schemas = within;
  }
  return undefined;
}

function itemsOrMembers(schemas: readonly TSchema[], step: number | null): TSchema[] | undefined {
  const items = elementsIn(schemas);
  if (step !== null) return items;
  const members = namesIn(schemas).map((name) => fieldIn(schemas, name));
  return fieldIn(schemas, '') === undefined ? undefined : [...items, ...members.flatMap((member) => member ?? [])];
}

function throughLists(schemas: readonly TSchema[]): TSchema[] {
  const items = elementsIn(schemas);
  return items.length === 0 ? [...schemas] : [...schemas, ...throughLists(items)];
}
