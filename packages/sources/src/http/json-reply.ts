import type { HttpReply, Outcome, ReadAnswer } from '@ringback/contracts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** The answer for senders that read only the status. The body is for people. */
export function plainAnswer(outcome: Outcome): HttpReply {
  const { responseID } = outcome;
  if (outcome.kind === 'acked') return { status: 200, contentType: JSON_TYPE, body: JSON.stringify({ responseID }) };
  const { status, code, message } = outcome;
  return { status, contentType: JSON_TYPE, body: JSON.stringify({ code, message, responseID }) };
}

const LONGEST_TEXT = 200;

/** Reads it as such a sender does. */
export function readPlain({ status, body }: Pick<HttpReply, 'status' | 'body'>): ReadAnswer {
  const { message, responseID } = fieldsOf(body);
  const text = responseID === undefined ? body.slice(0, LONGEST_TEXT) : '';
  const said = typeof message === 'string' ? message : text;
  return { acked: status >= 200 && status < 300, said, responseID: typeof responseID === 'string' ? responseID : undefined };
}

/** The fields of a JSON object; empty if the text is none. */
export function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
