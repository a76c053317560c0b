import { PERSONAL } from './body.ts';

/** All but 500, which is a bug. */
const STATUSES: readonly number[] = [200, 400, 401, 404, 405, 408, 413, 431, 503];

/** Undefined: none. */
export function problemOf(status: number, json: string): string | undefined {
  if (!STATUSES.includes(status)) return `status ${status}: ${json.slice(0, 300)}`;
  if (json.includes(PERSONAL)) return 'the answer shows personal data';
  const body = parse(json);
  if (typeof body !== 'object' || body === null) return `no JSON object: ${json.slice(0, 300)}`;
  const { retCode, retMsg, responseID, code, message }: Record<string, unknown> = { ...body };
  if (typeof responseID !== 'string') return `no responseID: ${json.slice(0, 300)}`;
  // An answer of no source.
  if (typeof code === 'string' && typeof message === 'string') return status === 200 ? `status 200 with ${code}` : undefined;
  if (!Number.isInteger(retCode) || typeof retMsg !== 'string') return `not an answer of ours: ${json.slice(0, 300)}`;
  return (retCode === 0) === (status === 200) ? undefined : `status ${status} with retCode ${String(retCode)}`;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
