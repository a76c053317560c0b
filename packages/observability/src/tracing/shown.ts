import type { Attributes } from './tracing.ts';

/** Attributes that senders have a say in, and the fields of log lines that hold the same. */
const LOGGED: Readonly<Record<string, string>> = {
  'ringback.request.id': 'requestID',
  'ringback.account': 'account',
  'ringback.type': 'type',
};
const HIDDEN = '***';

/** What spans show, masked as in log lines. @param mask of log lines. Absent: nothing is masked */
export function createShown(mask: ((line: string) => string) | undefined) {
  function text(field: string, value: string): string {
    if (mask === undefined) return value;
    const line: unknown = JSON.parse(mask(JSON.stringify({ [field]: value })));
    const shown = typeof line === 'object' && line !== null ? Object.entries(line).find(([name]) => name === field) : undefined;
    return typeof shown?.[1] === 'string' ? shown[1] : HIDDEN;
  }

  function attributes(given: Attributes): Attributes {
    if (mask === undefined) return given;
    const shown = Object.entries(given).map(([name, value]) => {
      const field = LOGGED[name];
      return [name, field !== undefined && typeof value === 'string' ? text(field, value) : value] as const;
    });
    return Object.fromEntries(shown);
  }

  return { text, attributes };
}
