import { randomUUID } from 'node:crypto';
import type { ErrorCode, HttpReply, Source } from '@ringback/contracts';
import { plainAnswer } from '@ringback/sources';
import { errorRow } from './error-table.ts';

export type Answer = HttpReply & {
  readonly headers: Readonly<Record<string, string>>;
  readonly responseID: string;
  readonly refused?: { readonly code: ErrorCode; readonly message: string };
};

const RETRY_AFTER_S = '2';

type Answering = Pick<Source, 'answer'>;

export function ack(source: Answering): Answer {
  const responseID = randomUUID();
  return { headers: {}, ...source.answer({ kind: 'acked', responseID }), responseID };
}

export function greeting(reply: HttpReply): Answer {
  return { ...reply, headers: { 'x-content-type-options': 'nosniff', ...reply.headers }, responseID: randomUUID() };
}

/** In the source's format. A bug is answered with its `responseID` only. */
export function refusal(error: unknown, source: Answering = { answer: plainAnswer }): Answer {
  const { code, status, headers } = errorRow(error);
  const text =
    code !== 'RB_INTERNAL' && error instanceof Error ? error.message : 'internal error; our log has it under this responseID';
  const message = `${code}: ${text}`;
  const responseID = randomUUID();
  const reply = source.answer({ kind: 'refused', code, status, message, responseID });
  const retry: Record<string, string> = reply.status === 503 ? { 'retry-after': RETRY_AFTER_S } : {};
  return { ...reply, headers: { ...reply.headers, ...retry, ...headers }, responseID, refused: { code, message } };
}
