import { RingbackError, type Source, type SourceType } from '@ringback/contracts';
import { headerText } from '../http/header-text.ts';
import { withoutSecrets } from '../http/headers.ts';
import { hmacFits } from '../http/hmac.ts';
import { plainAnswer } from '../http/json-reply.ts';
import { readJson } from '../http/read-json.ts';
import { readDigits, refuseStale } from '../http/time.ts';
import { typeWords } from '../http/type-word.ts';
import { weakSecrets } from '../http/weak-secrets.ts';
import { StandardWebhooksSettings } from './config.ts';
import { createExplain } from './explain.ts';
import { createStandardWebhooksSender } from './sender.ts';
import { readHeaders } from './headers.ts';
import { mismatch, problemOfBody, refuseImpossible } from './mismatch.ts';
import { keyOf, messageOf, signaturesIn } from './signature.ts';

/** Any sender that signs by https://www.standardwebhooks.com. */
export const standardWebhooks: SourceType<typeof StandardWebhooksSettings, StandardWebhooksSettings> = {
  type: 'standard-webhooks',
  settings: StandardWebhooksSettings,
  kinds: ['event'],
  types: ({ name }) => ({ bodies: {}, open: name }),
  identities: ({ path }) => ({ paths: [{ value: path, at: ['path'] }], accounts: [] }),
  weakSecrets: ({ secrets }) => weakSecrets(secrets, keyOf),
  create: createStandardWebhooksSource,
  createSender: createStandardWebhooksSender,
};

type Configured = { readonly name: string; readonly settings: StandardWebhooksSettings };

function createStandardWebhooksSource({ name, settings }: Configured): Source {
  return {
    name,
    paths: [settings.path],
    methods: ['POST'],
    businessKey: () => undefined,
    answer: plainAnswer,
    precheck: createPrecheck({ name, settings }),
    ...createExplain({ name, settings }),
    read(request) {
      const { id, account, time, receivedAt, body } = request;
      const { text, value } = readJson(body, request);
      const event = 'type' in value && typeof value.type === 'string' ? value.type : '';
      return { id, source: name, account, type: `${name}.${typeWords(event)}`, time, receivedAt, body: text };
    },
  };
}

function createPrecheck({ name, settings }: Configured): Source['precheck'] {
  const { tolerance: allowed } = settings;
  /** Made at first use: a process that only reads needs no secret. */
  let keys: Buffer[] | undefined;
  return ({ headers: sent, ...head }) => {
    const { receivedAt } = head;
    const { id, timestamp, signature } = readHeaders(sent);
    const time = readDigits(timestamp.toString('latin1'));
    if (time === undefined)
      throw new RingbackError('RB_HEADER_INVALID', 'header webhook-timestamp is no time in seconds: send digits');
    refuseStale({ header: 'webhook-timestamp', time, receivedAt, allowed, setting: 'tolerance', source: name });
    const claim = { source: name, id, signature, signatures: signaturesIn(signature) };
    refuseImpossible(claim);
    return (body) => {
      keys ??= settings.secrets.map((secret) => keyOf(secret.reveal()));
      const signed = { id, timestamp, body };
      if (!hmacFits({ keys, algorithm: 'sha256', message: messageOf(signed), signatures: claim.signatures }))
        throw mismatch(claim, problemOfBody(claim, keys, signed));
      return {
        id: headerText(id),
        source: name,
        account: name,
        time,
        ...head,
        body,
        get headers() {
          return withoutSecrets(sent, ['webhook-signature']);
        },
      };
    };
  };
}
