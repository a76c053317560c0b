import { RingbackError, type Sender, type Source, type SourceType } from '@ringback/contracts';
import { callbot } from './callbot/source.ts';
import { hmac } from './hmac/source.ts';
import { nxlink } from './nxlink/source.ts';
import { standardWebhooks } from './standard-webhooks/source.ts';

/** Every source type, by the `type:` of its stanza. */
export const sourceTypes: Readonly<Record<string, SourceType>> = {
  [callbot.type]: callbot,
  [hmac.type]: hmac,
  [nxlink.type]: nxlink,
  [standardWebhooks.type]: standardWebhooks,
};

/** A stanza of `sources:`, its settings decoded by the schema of its type. */
export type SourceStanza = { readonly name: string; readonly type: string; readonly settings: unknown };

/**
 * Creates the configured sources, in order. The settings loader made sure that no two have a path in common.
 * @throws RingbackError RB_CONFIG_INVALID: an unknown type
 */
export function createSources(stanzas: readonly SourceStanza[]): Source[] {
  return stanzas.map((stanza) => typeOf(stanza).create(stanza));
}

/** The other side of each, in order: for trials and tests. @throws RingbackError as `createSources` */
export function createSenders(stanzas: readonly SourceStanza[]): (Sender & { readonly name: string })[] {
  return stanzas.map((stanza) => ({ name: stanza.name, ...typeOf(stanza).createSender(stanza) }));
}

function typeOf({ name, type }: SourceStanza): SourceType {
  const sourceType = sourceTypes[type];
  if (!sourceType) throw new RingbackError('RB_CONFIG_INVALID', `source ${name}: no source type is called ${type}`);
  return sourceType;
}

/** Every kind of callback that a sender can make, over all types of source. */
export const SENDER_KINDS = ['task', 'order', 'call', 'event'] as const;
