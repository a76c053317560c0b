import { Bounded, Duration, SecretText, Section, type Settings } from '@ringback/contracts';
import { Type } from 'typebox';
import { PathSetting } from '../http/path-setting.ts';

const BASE64 = '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)';

/** Settings of a `standard-webhooks` source. */
export const StandardWebhooksSettings = Section({
  path: PathSetting({ description: 'Path that takes its callbacks' }),
  secrets: Type.Array(
    SecretText({
      pattern: `^(?:whsec_)?${BASE64}$`,
      words: 'a key in base64, alone or after whsec_',
      description: 'A signing secret: whsec_ and a key in base64, or the key alone.',
    }),
    { minItems: 1, maxItems: 10, description: 'Every secret that may sign: several while one replaces another.' },
  ),
  tolerance: Bounded(Duration({ default: '5m', description: 'How far from our clock webhook-timestamp may be.' }), {
    min: '1s',
    max: '7d',
  }),
});
export type StandardWebhooksSettings = Settings<typeof StandardWebhooksSettings>;
