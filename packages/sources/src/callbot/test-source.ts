import { createHash } from 'node:crypto';
import { type Callback, type InboundRequest, RingbackError, type Source, type VerifiedRequest } from '@ringback/contracts';
import { Value } from 'typebox/value';
import { CallbotSettings } from './config.ts';
import { callbot } from './source.ts';

/** For the tests beside it: a source with one account, and requests signed by an oracle that shares no code with what it tests. */
export const UUID = 'Vh71ym3yQwWSYZFpqkFwTskGXUbSxDtR';
export const SECRET = 'u7Mf3zUNOkg4lMV9a0E6cHSgIkK22GSr';
export const SIGNED_AT_S = 1_700_000_000;

export type Algorithm = 'md5' | 'sha256';

/** Settings as they stand in YAML → what the loader makes of them. */
export const decode = (settings: object): CallbotSettings => Value.Decode(CallbotSettings, settings);

type Options = { algorithm?: Algorithm; secrets?: string[]; uuid?: string; maxSkew?: string };

export function testSource({ secrets = [SECRET], uuid = UUID, algorithm = 'md5', ...settings }: Options = {}): Source {
  return callbot.create({ name: 'callbot', settings: decode({ ...settings, accounts: [{ uuid, secrets, algorithm }] }) });
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

/** What the ingress does with a request: verify, then read. */
export const verify = (source: Source, { body, ...head }: InboundRequest): VerifiedRequest => source.precheck(head)(body);
export const receive = (source: Source, request: InboundRequest): Callback => source.read(verify(source, request));

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
