import type { LineFacts } from '@ringback/sources';
import { isRecord, unreadable } from './capture.ts';

/** The line of a refusal, as the ingress logs it. @throws RingbackError RB_CAPTURE_INVALID */
export function readLogLine(text: string): LineFacts {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    throw unreadable('the log line is not valid JSON');
  }
  if (!isRecord(line)) throw unreadable('the log line is no JSON object');
  const fields = line;
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
    ...(typeof signLength === 'number' && { signLength }),
  };
}
