import type { Sender } from '@ringback/contracts';
import { readPlain } from '../http/json-reply.ts';
import { sampleEvent } from '../http/sample-event.ts';
import { computeHmac } from '../http/hmac.ts';
import { MS_PER_S } from '../http/time.ts';
import type { StandardWebhooksSettings } from './config.ts';
import { keyOf, messageOf, written } from './signature.ts';

export function createStandardWebhooksSender({ name, settings }: { name: string; settings: StandardWebhooksSettings }): Sender {
  return {
    readAnswer: readPlain,
    accounts: [name],
    path: () => settings.path,
    sample: ({ at, serial = 1, event }) =>
      JSON.stringify({ ...sampleEvent({ at, serial }), ...(event !== undefined && { type: event }) }),
    sign({ body, requestID, at }) {
      const [key = ''] = settings.secrets.map((secret) => keyOf(secret.reveal()));
      const timestamp = String(Math.floor(at / MS_PER_S));
      const message = messageOf({ id: Buffer.from(requestID), timestamp: Buffer.from(timestamp), body });
      return {
        'content-type': 'application/json',
        'webhook-id': Buffer.from(requestID).toString('latin1'),
        'webhook-timestamp': timestamp,
        'webhook-signature': written(computeHmac(key, 'sha256', message)),
      };
    },
  };
}
