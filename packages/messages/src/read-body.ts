/** UTF-16 units. A reviver costs about ten times a plain parse. */
const MAX_EXACT = 16 * 1024;

/** More significant digits may be rounded. */
const EXACT_DIGITS = 15;

/**
 * Fields that are numbers become their digits: a shown number is never rounded. In a body over 16 KiB a number that
 * may be rounded becomes undefined. Undefined: not JSON.
 */
export function readBody(body: string): unknown {
  try {
    if (body.length > MAX_EXACT) return numbersToText(JSON.parse(body));
    return JSON.parse(body, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' ? (context?.source ?? String(value)) : value,
    );
  } catch {
    return undefined;
  }
}

/** In place, without recursion: a body may be nested deeply. Leaves the numbers that are items of an array. */
function numbersToText(data: unknown): unknown {
  const open = [data];
  // The loop also visits what it adds.
  for (const value of open) {
    if (Array.isArray(value)) for (const item of value) pushObject(item, open);
    else if (isFields(value)) fieldsToText(value, open);
  }
  return data;
}

function fieldsToText(fields: Record<string, unknown>, open: unknown[]): void {
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (typeof value === 'number') fields[key] = exactText(value);
    else pushObject(value, open);
  }
}

function pushObject(value: unknown, open: unknown[]): void {
  if (isFields(value)) open.push(value);
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function exactText(number: number): string | undefined {
  const text = String(number);
  return text.replaceAll(/\D/g, '').length <= EXACT_DIGITS ? text : undefined;
}
