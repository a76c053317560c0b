import { SecretText, Section, type Settings } from '@ringback/contracts';
import { Type } from 'typebox';
import { DestinationUrl } from '../destination-url.ts';

const BASE64 = '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)';

export const WebhookSettings = Section({
  url: DestinationUrl({ description: 'Where callbacks are POSTed: an http or https URL.' }),
  signingSecret: Type.Optional(
    SecretText({
      pattern: `^(?:whsec_)?${BASE64}$`,
      words: 'a key in base64, alone or after whsec_',
      description: 'Signs deliveries as Standard Webhooks says: `whsec_` and a key in base64, or the key in base64 alone.',
    }),
  ),
  headers: Type.Optional(
    Type.Record(
      Type.String(),
      SecretText({
        pattern: '^[\\t\\x20-\\x7e]+$',
        words: 'the value of a header; write printable ASCII characters',
        description: 'The header’s value: printable ASCII.',
      }),
      { description: 'Headers to send along, such as `authorization`.' },
    ),
  ),
});
export type WebhookSettings = Settings<typeof WebhookSettings>;
