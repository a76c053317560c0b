import type { Callback } from '@ringback/contracts';

/** `data` is the raw body: serialising would change long numbers, 1.10 and escapes. */
export function writeEnvelope({ type, time, id, source, account, body }: Callback): string {
  const head = JSON.stringify({ type, timestamp: new Date(time).toISOString(), requestID: id, source, account });
  return `${head.slice(0, -1)},"data":${body}}`;
}
