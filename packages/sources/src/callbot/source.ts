import { type InboundRequest, RingbackError, type Source, type SourceType } from '@ringback/contracts';
import { businessKey } from './business-key.ts';
import { type CallbotAccount, CallbotSettings, DEFAULT_PATHS } from './config.ts';
import { signedAt } from './create-ts.ts';
import { BODIES, eventType } from './event-type.ts';
import { headerText } from './header-text.ts';
import { readHeaders, withoutSecrets } from './headers.ts';
import { hasPublishedSecret } from './published-secret.ts';
import { readJsonObject } from './read-json.ts';
import { couldBeSign, verifySign } from './signature.ts';

/** Callbacks of NXCloud Callbot, v3. */
export const callbot: SourceType<typeof CallbotSettings, CallbotSettings> = {
  type: 'callbot',
  settings: CallbotSettings,
  bodies: BODIES,
  identities: (settings) => ({
    paths: Object.entries({ ...DEFAULT_PATHS, ...settings.paths }).map(([takes, value]) => ({ value, at: ['paths', takes] })),
    accounts: settings.accounts.map(({ uuid }, index) => ({ value: uuid, at: ['accounts', index, 'uuid'] })),
  }),
  create: createCallbotSource,
};

function createCallbotSource({ name, settings }: { name: string; settings: CallbotSettings }): Source {
  const accounts = new Map(settings.accounts.map((account) => [keyOf(account), account]));
  const paths = { ...DEFAULT_PATHS, ...settings.paths };

  const precheck: Source['precheck'] = ({ headers: sent, path, receivedAt }) => {
    const headers = readHeaders(sent);
    const account = findAccount({ accounts, uuid: headers.uuid, source: name });
    const time = signedAt({ createTs: headers.createTs, receivedAt, maxSkew: settings.maxSkew, source: name });
    if (!couldBeSign(account, headers.sign)) throw signMismatch(name);
    return (body) => {
      if (!verifySign(account, headers.sign, { ...headers, body })) throw signMismatch(name);
      return {
        id: headerText(headers.requestID),
        source: name,
        account: account.uuid,
        time,
        receivedAt,
        body,
        path,
        // Only made for what goes into quarantine.
        get headers() {
          return withoutSecrets(sent);
        },
      };
    };
  };

  return {
    name,
    paths: Object.values(paths),
    publiclySigned: () => settings.accounts.filter(hasPublishedSecret).map(({ uuid }) => uuid),
    businessKey,
    precheck,
    verify: ({ body, ...head }: InboundRequest) => precheck(head)(body),
    read({ id, account, time, receivedAt, body, path }) {
      const { text, object } = readJsonObject(body);
      const type = eventType(object, { path, order: paths.order, call: paths.call });
      return { id, source: name, account, type, time, receivedAt, body: text };
    },
  };
}

type Lookup = { accounts: ReadonlyMap<string, CallbotAccount>; uuid: Buffer; source: string };

/** @throws RingbackError RB_ACCOUNT_UNKNOWN */
function findAccount({ accounts, uuid, source }: Lookup): CallbotAccount {
  const account = accounts.get(uuid.toString('latin1'));
  if (account) return account;
  throw new RingbackError(
    'RB_ACCOUNT_UNKNOWN',
    `header uuid names no account of source ${source}: add it to the source's accounts`,
  );
}

function signMismatch(source: string): RingbackError {
  return new RingbackError(
    'RB_SIGN_MISMATCH',
    `header sign (upper-case hex) does not fit the request: check secrets and algorithm of the account at source ${source}, and that nothing on the way rewrites the body`,
  );
}

/** The bytes of an account's uuid, as latin1 text. */
const keyOf = ({ uuid }: CallbotAccount) => Buffer.from(uuid).toString('latin1');
