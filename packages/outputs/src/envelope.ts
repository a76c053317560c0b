import type { Callback } from '@ringback/contracts';

/**
 * A callback as the outside world gets it: `{"type","timestamp","requestID","source","account","data"}`, the event's time as ISO 8601.
 * `data` is the callback's body spliced in as the very text that came: parsing and writing it again would round long numbers, turn 1.10 into 1.1
 * and undo escapes. Sources take JSON objects only, so what comes out is JSON.
 */
export function writeEnvelope({ type, time, id, source, account, body }: Callback): string {
  const head = JSON.stringify({ type, timestamp: new Date(time).toISOString(), requestID: id, source, account });
  return `${head.slice(0, -1)},"data":${body}}`;
}
