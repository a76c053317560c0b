import { randomUUID } from 'node:crypto';
import type { ErrorCode } from '@ringback/contracts';
import { Type, type Static } from 'typebox';
import { errorRow } from './error-table.ts';

/** What the provider reads: `retCode` 0 is an ack, anything else a refusal; `responseID` traces the request through our logs. */
export const AnswerBody = Type.Object({ retCode: Type.Integer(), retMsg: Type.String(), responseID: Type.String() });
export type AnswerBody = Static<typeof AnswerBody>;

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AnswerBody;
  readonly code?: ErrorCode;
};

/** Seconds after which a provider that does retry should try again when we could not take its callback. */
const RETRY_AFTER_S = '2';

export function ack(): Answer {
  return { status: 200, headers: {}, body: { retCode: 0, retMsg: 'success', responseID: randomUUID() } };
}

/** The answer to a request that was not taken. Only a coded error tells its message; of a bug the outside learns nothing but the `responseID`. */
export function refusal(error: unknown): Answer {
  const { code, status, retCode } = errorRow(error);
  const message =
    code !== 'RB_INTERNAL' && error instanceof Error ? error.message : 'internal error; our log has it under this responseID';
  return {
    status,
    headers: status === 503 ? { 'retry-after': RETRY_AFTER_S } : {},
    body: { retCode, retMsg: `${code}: ${message}`, responseID: randomUUID() },
    code,
  };
}
