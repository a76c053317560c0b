import type { HttpReply, Outcome, ReadAnswer } from '@ringback/contracts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** A refusal for a sender that reads the status only: the rest is for people. */
export function plainRefusal({ status, code, message, responseID }: Extract<Outcome, { kind: 'refused' }>): HttpReply {
  return { status, contentType: JSON_TYPE, body: JSON.stringify({ code, message, responseID }) };
}

export function plainAck(responseID: string): HttpReply {
  return { status: 200, contentType: JSON_TYPE, body: JSON.stringify({ responseID }) };
}

const LONGEST_TEXT = 200;

/** The same, read by a sender that goes by the status. */
export function readPlain({ status, body }: Pick<HttpReply, 'status' | 'body'>): ReadAnswer {
  const { message, responseID } = fieldsOf(body);
  const text = responseID === undefined ? body.slice(0, LONGEST_TEXT) : '';
  const said = typeof message === 'string' ? message : text;
  return { acked: status >= 200 && status < 300, said, responseID: typeof responseID === 'string' ? responseID : undefined };
}

/** The fields of a JSON object; none: it is no such text. */
export function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
