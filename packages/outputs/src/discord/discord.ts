import type { HttpAnswer, OutputType } from '@ringback/contracts';
import { writeMessage } from '@ringback/messages';
import { endpointOf, readDestinationUrl } from '../destination-url.ts';
import { postDelivery } from '../http.ts';
import { DiscordSettings } from './config.ts';
import { toEmbed } from './embed.ts';

/** https://docs.discord.com/developers/resources/webhook#execute-webhook */
export const discord: OutputType<typeof DiscordSettings, DiscordSettings> = {
  type: 'discord',
  settings: DiscordSettings,
  create({ name, settings, deps }) {
    const url = readDestinationUrl({ output: name, key: 'url', secret: settings.url });
    const headers = { 'content-type': 'application/json' };
    return {
      name,
      endpoints: () => [endpointOf(url)],
      async deliver({ callback }, signal) {
        const body = JSON.stringify({
          embeds: [toEmbed(writeMessage(callback, deps.sourceTypeOf(callback.source)))],
          allowed_mentions: { parse: [] },
        });
        return postDelivery(deps, { url, headers, body, signal, explain: errorCode, askedMs: retryAfterMs });
      },
    };
  },
};

const LARGEST_CODE = 999_999;

/**
 * The error's text may quote the message.
 * https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
 */
function errorCode({ text }: HttpAnswer): string | undefined {
  const { code } = readJson(text);
  return Number.isInteger(code) && Number(code) > 0 && Number(code) <= LARGEST_CODE ? `code ${String(code)}` : undefined;
}

/** Seconds with a fraction. https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit */
function retryAfterMs({ status, text }: HttpAnswer): number | undefined {
  const { retry_after: seconds } = status === 429 ? readJson(text) : {};
  return typeof seconds === 'number' ? Math.ceil(seconds * 1000) : undefined;
}

function readJson(text: string): { code?: unknown; retry_after?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
