import type { Sender } from '@ringback/contracts';
import { readRetCode } from '../http/ret-code.ts';
import { MS_PER_S } from '../http/time.ts';
import { type CallbotAccount, type CallbotSettings, DEFAULT_PATHS } from './config.ts';
import { SAMPLE_KINDS, sampleBody } from './samples.ts';
import { computeSign } from './signature.ts';

export type SignOptions = {
  /** Signs with the first of its secrets. */
  readonly account: CallbotAccount;
  readonly body: string | Buffer;
  readonly requestID: string;
  /** Seconds since the epoch, as the header's text. */
  readonly createTs: string;
};

/** The headers that a callback comes with, in the latin1 text in which Node sends and gives header bytes. */
export function signCallback({ account, body, requestID, createTs }: SignOptions): Record<string, string> {
  const [secret] = account.secrets;
  if (!secret) throw new TypeError('an account without a secret cannot sign');
  const parts = {
    body: Buffer.from(body),
    createTs: Buffer.from(createTs),
    requestID: Buffer.from(requestID),
    uuid: Buffer.from(account.uuid),
  };
  return {
    'content-type': 'application/json',
    requestID: parts.requestID.toString('latin1'),
    uuid: parts.uuid.toString('latin1'),
    createTs: parts.createTs.toString('latin1'),
    sign: computeSign(secret.reveal(), account.algorithm, parts),
  };
}

/** The provider's side. */
export function createCallbotSender({ settings }: { settings: CallbotSettings }): Sender {
  const { accounts } = settings;
  const paths = { ...DEFAULT_PATHS, ...settings.paths };
  return {
    readAnswer: readRetCode,
    kinds: SAMPLE_KINDS,
    accounts: accounts.map(({ uuid }) => uuid),
    path: (kind) => paths[kindOf(kind)],
    sample: ({ kind, at, ...rest }) => sampleBody({ ...rest, kind: kindOf(kind), at: Math.floor(at / MS_PER_S) }),
    sign({ account: wanted, body, requestID, at }) {
      const account = accounts.find(({ uuid }) => (wanted ?? uuid) === uuid);
      if (!account) throw new TypeError(`no account ${wanted}`);
      return signCallback({ account, body, requestID, createTs: String(Math.floor(at / MS_PER_S)) });
    },
  };
}

function kindOf(kind: string) {
  return SAMPLE_KINDS.find((known) => known === kind) ?? 'task';
}
