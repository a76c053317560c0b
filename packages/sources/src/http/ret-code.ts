import type { ErrorCode, HttpReply, Outcome, ReadAnswer } from '@ringback/contracts';
import { fieldsOf } from './json-reply.ts';

/** The provider's list of codes (Callbot v3). */
const RET_CODES: Partial<Record<ErrorCode, number>> = {
  RB_HEADER_MISSING: 2,
  RB_HEADER_INVALID: 4,
  RB_SIGN_MISSING: 6001,
  RB_SIGN_MISMATCH: 6,
  RB_ACCOUNT_UNKNOWN: 6002,
  RB_ADDRESS_REFUSED: 6003,
  RB_CALLBACK_STALE: 4,
  RB_BODY_MALFORMED: 3,
  RB_BODY_INCOMPLETE: 2,
  RB_BODY_INVALID: 4,
  RB_BODY_TOO_LARGE: 4001,
  RB_HTTP_MALFORMED: 3,
  RB_QUEUE_UNAVAILABLE: 7,
  RB_REDIS_REFUSES: 7,
  RB_OVERLOADED: 7,
  RB_DURABILITY_UNMET: 7,
  RB_SPOOL_FULL: 7,
  RB_SPOOL_FAILED: 7,
  RB_INTERNAL: 5001,
};
const GENERAL_ERROR = 1;

/** For Callbot and NXLink. `retCode` 0 is an ack. */
export function retCodeAnswer(outcome: Outcome): HttpReply {
  const { responseID } = outcome;
  if (outcome.kind === 'acked') return json(200, { retCode: 0, retMsg: 'success', responseID });
  const { status, code, message } = outcome;
  return json(status, { retCode: RET_CODES[code] ?? GENERAL_ERROR, retMsg: message, responseID });
}

export function readRetCode({ status, body }: Pick<HttpReply, 'status' | 'body'>): ReadAnswer | undefined {
  const { retCode, retMsg, responseID } = fieldsOf(body);
  if (typeof retCode !== 'number' || typeof retMsg !== 'string' || typeof responseID !== 'string') return undefined;
  return { acked: status === 200 && retCode === 0, said: `retCode ${retCode}  ${retMsg}`, responseID };
}

function json(status: number, body: object): HttpReply {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}
