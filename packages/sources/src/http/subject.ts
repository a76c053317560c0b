import { jsonAt, jsonValue } from './json-value.ts';
import { peekJsonText } from './read-json.ts';

/** Longer ids than the sources take themselves are cut: an index holds them. */
const LONGEST = 200;

/** The JSON of a body that was read once. Undefined if it is none. */
export const subjectBody = (body: string): unknown => peekJsonText(body);

/** The id at a path, as text that any database takes. Undefined if there is none. */
export function subjectId(body: unknown, path: string): string | undefined {
  const value = jsonValue(body, path);
  if (value === undefined) return undefined;
  const shown = value
    .slice(0, 2 * LONGEST)
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim();
  const id = shown.slice(0, LONGEST).toWellFormed().trim();
  return id === '' ? undefined : id;
}

/** The counter at a path. Undefined if it is no whole number from 0. */
export function subjectCount(body: unknown, path: string): number | undefined {
  const value = jsonAt(body, path);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
