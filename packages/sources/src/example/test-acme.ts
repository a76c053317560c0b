import {
  RingbackError,
  SecretText,
  Section,
  type Sender,
  type Settings,
  type Source,
  type SourceType,
} from '@ringback/contracts';
import { Type } from 'typebox';
import { headerText } from '../http/header-text.ts';
import { requiredHeader, singleHeader, refuseEmpty, withoutSecrets } from '../http/headers.ts';
import { computeHmac, decodeSignature, hmacFits } from '../http/hmac.ts';
import { checkId } from '../http/id.ts';
import { plainAnswer, readPlain } from '../http/json-reply.ts';
import { PathSetting } from '../http/path-setting.ts';
import { readJsonObject } from '../http/read-json.ts';

const AcmeSettings = Section({
  path: PathSetting({ default: '/acme', description: 'Path that takes its callbacks' }),
  secret: SecretText({ description: 'The secret that signs.' }),
});
type AcmeSettings = Settings<typeof AcmeSettings>;
type Configured = { readonly name: string; readonly settings: AcmeSettings };

/** Acme signs `<id>.<body>` with HMAC-SHA256, in hex. */
export const acme: SourceType<typeof AcmeSettings, AcmeSettings> = {
  type: 'acme',
  settings: AcmeSettings,
  kinds: ['call'],
  types: () => ({ bodies: { 'acme.call.ended': Type.Object({ call: Type.String() }) } }),
  identities: ({ path }) => ({ paths: [{ value: path, at: ['path'] }], accounts: [] }),
  create: createAcmeSource,
  createSender: createAcmeSender,
};

function createAcmeSource({ name, settings }: Configured): Source {
  return {
    name,
    paths: [settings.path],
    methods: ['POST'],
    precheck(head) {
      const id = checkId('x-acme-id', requiredHeader(head.headers, 'x-acme-id'));
      const sign = singleHeader(head.headers, 'x-acme-sign');
      if (sign === undefined) throw new RingbackError('RB_SIGN_MISSING', 'missing header x-acme-sign');
      const signature = decodeSignature(refuseEmpty('x-acme-sign', sign).toString('latin1'), 'hex');
      return (body) => {
        const signatures = signature ? [signature] : [];
        if (!hmacFits({ keys: [settings.secret.reveal()], algorithm: 'sha256', message: [id, '.', body], signatures }))
          throw new RingbackError('RB_SIGN_MISMATCH', `header x-acme-sign does not fit: check the secret of source ${name}`);
        const headers = withoutSecrets(head.headers, ['x-acme-sign']);
        return { ...head, headers, body, id: headerText(id), source: name, account: name, time: head.receivedAt };
      };
    },
    read({ id, account, time, receivedAt, body }) {
      const { text } = readJsonObject(body);
      return { id, source: name, account, type: 'acme.call.ended', time, receivedAt, body: text };
    },
    answer: plainAnswer,
    businessKey: () => undefined,
  };
}

function createAcmeSender({ name, settings }: Configured): Sender {
  return {
    accounts: [name],
    path: () => settings.path,
    sample: ({ serial = 1 }) => JSON.stringify({ call: `c-${serial}` }),
    sign: ({ requestID, body }) => ({
      'x-acme-id': Buffer.from(requestID).toString('latin1'),
      'x-acme-sign': computeHmac(settings.secret.reveal(), 'sha256', [requestID, '.', body]).toString('hex'),
    }),
    readAnswer: readPlain,
  };
}
