import type { Source, SourceType } from '@ringback/contracts';
import { headerText } from '../http/header-text.ts';
import { withoutSecrets } from '../http/headers.ts';
import { readJsonObject } from '../http/read-json.ts';
import { retCodeAnswer } from '../http/ret-code.ts';
import { businessKey } from './business-key.ts';
import { type CallbotAccount, CallbotSettings } from './config.ts';
import { signedAt } from './create-ts.ts';
import { BODIES, eventType } from './event-type.ts';
import { createExplain } from './explain.ts';
import { type CallbotHeaders, readHeaders } from './headers.ts';
import { accountUnknown, problemOfBody, refuseImpossibleSign, signMismatch } from './mismatch.ts';
import { hasPublishedSecret } from './published-secret.ts';
import { SAMPLE_KINDS } from './samples.ts';
import { createCallbotSender } from './sender.ts';
import { verifySign } from './signature.ts';
import { subjects } from './subjects.ts';

/** NXCloud Callbot, v3. */
export const callbot: SourceType<typeof CallbotSettings, CallbotSettings> = {
  type: 'callbot',
  settings: CallbotSettings,
  kinds: SAMPLE_KINDS,
  types: () => ({ bodies: BODIES }),
  identities: ({ paths, accounts }) => ({
    paths: Object.entries(paths).map(([takes, value]) => ({ value, at: ['paths', takes] })),
    accounts: accounts.map(({ uuid }, index) => ({ value: uuid, at: ['accounts', index, 'uuid'] })),
  }),
  personal: {
    phone: ['$.userPhone', '$.callInfoDetail.callingNumber'],
    name: ['$.userName', '$.callInfoDetail.agent.agentName'],
  },
  create: createCallbotSource,
  createSender: createCallbotSender,
};

type Configured = { readonly name: string; readonly settings: CallbotSettings };

function createCallbotSource({ name, settings }: Configured): Source {
  const { paths, accounts } = settings;
  return {
    name,
    paths: Object.values(paths),
    methods: ['POST'],
    publiclySigned: () => accounts.filter(hasPublishedSecret).map(({ uuid }) => uuid),
    businessKey,
    subjects,
    answer: retCodeAnswer,
    precheck: createPrecheck({ name, settings }),
    ...createExplain({ name, settings }),
    read(request) {
      const { id, account, time, receivedAt, body, path } = request;
      const { text, object } = readJsonObject(body, request);
      const type = eventType(object, { path, order: paths.order, call: paths.call });
      return { id, source: name, account, type, time, receivedAt, body: text };
    },
  };
}

function createPrecheck({ name, settings }: Configured): Source['precheck'] {
  const accounts = new Map(settings.accounts.map((account) => [keyOf(account), account]));
  return ({ headers: sent, ...head }) => {
    const { receivedAt } = head;
    const headers = readHeaders(sent);
    const account = findAccount({ accounts, headers, source: name });
    const time = signedAt({ createTs: headers.createTs, receivedAt, maxSkew: settings.maxSkew, source: name });
    const claim = { source: name, account, headers };
    refuseImpossibleSign(claim);
    return (body) => {
      if (!verifySign(account, headers.sign, { ...headers, body })) throw signMismatch(claim, problemOfBody(claim, body));
      return {
        id: headerText(headers.requestID),
        source: name,
        account: account.uuid,
        time,
        ...head,
        body,
        // Computed only if the callback goes into quarantine.
        get headers() {
          return withoutSecrets(sent, ['sign']);
        },
      };
    };
  };
}

type Lookup = { accounts: ReadonlyMap<string, CallbotAccount>; headers: CallbotHeaders; source: string };

/** @throws RingbackError RB_ACCOUNT_UNKNOWN */
function findAccount({ accounts, headers, source }: Lookup): CallbotAccount {
  const account = accounts.get(headers.uuid.toString('latin1'));
  if (!account) throw accountUnknown({ source, headers });
  return account;
}

/** The uuid's bytes as latin1 text, as headers come. */
const keyOf = ({ uuid }: CallbotAccount) => Buffer.from(uuid).toString('latin1');
