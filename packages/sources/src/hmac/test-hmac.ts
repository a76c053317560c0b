import { createHmac } from 'node:crypto';
import { type Callback, type InboundRequest, RingbackError, type Source } from '@ringback/contracts';
import { Value } from 'typebox/value';
import { HmacSettings } from './config.ts';
import { hmac } from './source.ts';

/** Settings as they stand in YAML → what the loader makes of them. */
export const decode = (settings: object): HmacSettings => Value.Decode(HmacSettings, settings);

export function create(name: string, settings: object): Source {
  return hmac.create({ name, settings: decode({ path: `/${name}`, ...settings }) });
}

export type Sent = {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly at?: number;
  readonly query?: string;
  readonly method?: string;
};

export function inbound({ body, headers, at = 1_700_000_000_000, query = '', method = 'POST' }: Sent): InboundRequest {
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]));
  return { method, path: '/in', query, headers: sent, receivedAt: at, body: Buffer.from(body) };
}

/** The senders' documented rules, written down here with Node's own HMAC. */
export const hex = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex');
export const base64 = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('base64');

export const verify = (source: Source, { body, ...head }: InboundRequest) => source.precheck(head)(body);
export const take = (source: Source, sent: Sent): Callback => source.read(verify(source, inbound(sent)));
export const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'taken';
  } catch (error) {
    return error instanceof RingbackError ? error.code : String(error);
  }
};
