import { createHmac, createSecretKey } from 'node:crypto';
import { RingbackError, type OutputType, type Secret } from '@ringback/contracts';
import { endpointOf, readDestinationUrl } from '../destination-url.ts';
import { writeEnvelope } from '../envelope.ts';
import { postDelivery } from '../http.ts';
import { WebhookSettings } from './config.ts';

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export const webhook: OutputType<typeof WebhookSettings, WebhookSettings> = {
  type: 'webhook',
  settings: WebhookSettings,
  create({ name, settings, deps }) {
    const url = readDestinationUrl({ output: name, key: 'url', secret: settings.url });
    const extraHeaders = readHeaders(name, settings.headers ?? {});
    const sign = settings.signingSecret === undefined ? () => ({}) : createSigner(settings.signingSecret);
    return {
      name,
      endpoints: () => [endpointOf(url)],
      async deliver({ callback, idempotencyKey, trace }, signal) {
        const body = writeEnvelope(callback);
        const timestamp = String(Math.floor(deps.now() / 1000));
        const headers = {
          ...extraHeaders,
          ...trace,
          'content-type': 'application/json',
          'webhook-id': idempotencyKey,
          'webhook-timestamp': timestamp,
          ...sign(`${idempotencyKey}.${timestamp}.${body}`),
        };
        return postDelivery(deps, { url, headers, body, signal });
      },
    };
  },
};

/** Signs `id.timestamp.body`. Making the key costs several times a signature, so it is made once. */
function createSigner(secret: Secret): (message: string) => Record<string, string> {
  const key = createSecretKey(secret.reveal().replace(/^whsec_/, ''), 'base64');
  return (message) => ({ 'webhook-signature': `v1,${createHmac('sha256', key).update(message).digest('base64')}` });
}

/** Ours, and those of HTTP itself. */
const RESERVED_HEADER = /^(?:webhook-.*|content-.*|transfer-encoding|host|connection|keep-alive|upgrade|expect|te|trailer)$/;

/** RFC 9110, 5.1. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

function readHeaders(output: string, headers: Readonly<Record<string, Secret>>): Record<string, string> {
  const entries = Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value.reveal()] as const);
  for (const [name] of entries) {
    const invalid = (problem: string) => new RingbackError('RB_CONFIG_INVALID', `output ${output}: headers.${name} ${problem}`);
    if (!HEADER_NAME.test(name)) throw invalid('is not a header name');
    if (RESERVED_HEADER.test(name)) throw invalid('is set by Ringback itself');
  }
  return Object.fromEntries(entries);
}
