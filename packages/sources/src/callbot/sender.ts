import type { Sender } from '@ringback/contracts';
import { readRetCode } from '../http/ret-code.ts';
import { MS_PER_S } from '../http/time.ts';
import type { CallbotSettings } from './config.ts';
import { SAMPLE_KINDS, sampleBody } from './samples.ts';
import { computeSign } from './signature.ts';

export function createCallbotSender({ settings }: { settings: CallbotSettings }): Sender {
  const { accounts, paths } = settings;
  return {
    readAnswer: readRetCode,
    accounts: accounts.map(({ uuid }) => uuid),
    path: (kind) => paths[kindOf(kind)],
    sample: ({ kind, at, ...rest }) => sampleBody({ ...rest, kind: kindOf(kind), at: Math.floor(at / MS_PER_S) }),
    sign({ account: wanted, body, requestID, at }) {
      const account = accounts.find(({ uuid }) => (wanted ?? uuid) === uuid);
      const [secret] = account?.secrets ?? [];
      if (!account || !secret) throw new TypeError(`no account ${wanted}`);
      const createTs = String(Math.floor(at / MS_PER_S));
      const parts = {
        body,
        createTs: Buffer.from(createTs),
        requestID: Buffer.from(requestID),
        uuid: Buffer.from(account.uuid),
      };
      return {
        'content-type': 'application/json',
        requestID: parts.requestID.toString('latin1'),
        uuid: parts.uuid.toString('latin1'),
        createTs,
        sign: computeSign(secret.reveal(), account.algorithm, parts),
      };
    },
  };
}

function kindOf(kind: string) {
  return SAMPLE_KINDS.find((known) => known === kind) ?? 'task';
}
