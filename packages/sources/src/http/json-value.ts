/** The value at a path of keys, such as `data.object.id`. */
export function jsonAt(body: unknown, path: string): unknown {
  let value = body;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** The text or whole number there; undefined if there is none, or an empty text. */
export function jsonValue(body: unknown, path: string): string | undefined {
  const value = jsonAt(body, path);
  if (typeof value === 'string') return value === '' ? undefined : value;
  // A larger number has lost digits: two ids could look the same.
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}
