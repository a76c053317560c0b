import type { HttpAnswer, OutputType } from '@ringback/contracts';
import { writeMessage } from '@ringback/messages';
import { endpointOf, readDestinationUrl } from '../destination-url.ts';
import { postDelivery } from '../http.ts';
import { toBlockKit } from './block-kit.ts';
import { SlackSettings } from './config.ts';

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export const slack: OutputType<typeof SlackSettings, SlackSettings> = {
  type: 'slack',
  settings: SlackSettings,
  create({ name, settings, deps }) {
    const url = readDestinationUrl({ output: name, key: 'url', secret: settings.url });
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    return {
      name,
      endpoints: () => [endpointOf(url)],
      async deliver({ callback }, signal) {
        const body = JSON.stringify(toBlockKit(writeMessage(callback, deps.sourceTypeOf(callback.source))));
        return postDelivery(deps, { url, headers, body, signal, explain: errorWord });
      },
    };
  },
};

/** Slack refuses with one word, such as `invalid_payload`. Other texts are not from Slack. */
function errorWord({ text }: HttpAnswer): string | undefined {
  return /^[a-z_]{1,64}$/.exec(text.trim())?.[0];
}
