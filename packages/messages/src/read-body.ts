/** The JSON in a body with each number as the digits that came: a shown number must not be rounded. Undefined if it is not JSON. */
export function readBody(body: string): unknown {
  try {
    return JSON.parse(body, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' ? (context?.source ?? String(value)) : value,
    );
  } catch {
    return undefined;
  }
}
