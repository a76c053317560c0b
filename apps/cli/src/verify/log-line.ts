import type { LineFacts } from '@ringback/sources';
import { isRecord, unreadable } from './capture.ts';

/** The line of a refusal, as the ingress logs it or as `npm start` shows it. @throws RingbackError RB_CAPTURE_INVALID */
export function readLogLine(text: string): LineFacts {
  const fields = fieldsOf(text);
  const word = (name: string) => {
    const value = fields[name];
    return typeof value === 'string' ? value : undefined;
  };
  if (word('code') === undefined) throw unreadable('the log line has no code: it is none of a refused callback');
  const { signLength } = fields;
  return {
    code: word('code'),
    source: word('source'),
    account: word('account'),
    uuid: word('uuid'),
    accessKey: word('accessKey'),
    algorithm: word('algorithm'),
    likely: word('likely'),
    cause: word('cause'),
    ...(typeof signLength === 'number' && Number.isFinite(signLength) && { signLength }),
  };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  const short = fieldsOfShort(text);
  if (short !== undefined) return short;
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    throw unreadable('the log line is neither valid JSON nor a line that npm start shows');
  }
  if (!isRecord(line)) throw unreadable('the log line is no JSON object');
  return line;
}

/** Of `14:03:07 ingress  warn  message  key=value  …`: texts without quotes, all else as JSON. */
function fieldsOfShort(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^\d\d:\d\d:\d\d \S/.test(text)) return undefined;
  const [, ...pairs] = text.trim().split(/ {2}(?=[A-Za-z]+=)/);
  const fields: Record<string, unknown> = Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  return { ...fields, signLength: Number(fields['signLength'] ?? Number.NaN) };
}
