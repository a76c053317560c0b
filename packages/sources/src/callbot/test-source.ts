import { createHash } from 'node:crypto';
import { type Callback, createSecret, type InboundRequest, RingbackError, type Source } from '@ringback/contracts';
import type { CallbotSettings } from './config.ts';
import { callbot } from './source.ts';

/** For the tests beside it: a source with one account, and requests signed by an oracle that shares no code with what it tests. */
export const UUID = 'Vh71ym3yQwWSYZFpqkFwTskGXUbSxDtR';
export const SECRET = 'u7Mf3zUNOkg4lMV9a0E6cHSgIkK22GSr';
export const SIGNED_AT_S = 1_700_000_000;

export type Algorithm = 'md5' | 'sha256';

export function testSource(
  options: { algorithm?: Algorithm; secrets?: string[]; uuid?: string } & Omit<CallbotSettings, 'accounts'> = {},
): Source {
  const { algorithm = 'md5', secrets = [SECRET], uuid = UUID, ...settings } = options;
  const account = { uuid, secrets: secrets.map(createSecret), algorithm };
  return callbot.create({ name: 'callbot', settings: { ...settings, accounts: [account] } });
}

export type OracleInput = {
  secret?: string;
  algorithm?: Algorithm;
  uuid?: string | Buffer;
  requestID?: string | Buffer;
  createTs?: string;
};

/** A header's bytes as Node gives them. */
const wire = (text: string | Buffer) => [Buffer.from(text).toString('latin1')];

/** The documented rule, written down once more. */
export function oracleHeaders(body: string | Buffer, input: OracleInput = {}): Record<string, string[]> {
  const { secret = SECRET, algorithm = 'md5', uuid = UUID, requestID = 'r-1', createTs = String(SIGNED_AT_S) } = input;
  const authRaw = Buffer.concat([
    Buffer.from(`${secret}&body=`),
    Buffer.from(body),
    Buffer.from(`&createTs=${createTs}&requestID=`),
    Buffer.from(requestID),
    Buffer.from('&uuid='),
    Buffer.from(uuid),
  ]);
  const sign = createHash(algorithm).update(authRaw).digest('hex').toUpperCase();
  return { requestid: wire(requestID), uuid: wire(uuid), createts: wire(createTs), sign: [sign] };
}

/** A request as the ingress hands it over, correctly signed unless `headers` say otherwise. */
export function inbound(body: string | Buffer, changes: Partial<InboundRequest> & OracleInput = {}): InboundRequest {
  const headers = { ...oracleHeaders(body, changes), ...changes.headers };
  return {
    method: 'POST',
    query: '',
    path: '/callbot',
    receivedAt: SIGNED_AT_S * 1000,
    ...changes,
    headers,
    body: Buffer.from(body),
  };
}

/** Verify, then read: what the ingress does with a request. */
export function receive(source: Source, request: InboundRequest): Callback {
  return source.read(source.verify(request));
}

/** The code and message with which a request is refused; `taken` when it is not. */
export function outcomeOf(source: Source, request: InboundRequest): { code: string; message: string } {
  try {
    receive(source, request);
    return { code: 'taken', message: '' };
  } catch (error) {
    if (!(error instanceof RingbackError)) throw error;
    return { code: error.code, message: error.message };
  }
}
