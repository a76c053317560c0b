import { RingbackError, type Sender, type Source, type SourceType } from '@ringback/contracts';
import { callbot } from './callbot/source.ts';
import { hmac } from './hmac/source.ts';
import { nxlink } from './nxlink/source.ts';
import { standardWebhooks } from './standard-webhooks/source.ts';

export const sourceTypes: Readonly<Record<string, SourceType>> = {
  [callbot.type]: callbot,
  [hmac.type]: hmac,
  [nxlink.type]: nxlink,
  [standardWebhooks.type]: standardWebhooks,
};

/** `settings` is decoded by its type's schema. */
export type SourceStanza = { readonly name: string; readonly type: string; readonly settings: unknown };

/** Paths MUST differ. @throws RingbackError RB_CONFIG_INVALID: an unknown type */
export function createSources(stanzas: readonly SourceStanza[]): Source[] {
  return stanzas.map((stanza) => typeOf(stanza).create(stanza));
}

export type NamedSender = Sender & { readonly name: string } & Pick<SourceType, 'kinds'>;

/** @throws RingbackError RB_CONFIG_INVALID: an unknown type */
export function createSenders(stanzas: readonly SourceStanza[]): NamedSender[] {
  return stanzas.map((stanza) => {
    const type = typeOf(stanza);
    return { name: stanza.name, kinds: type.kinds, ...type.createSender(stanza) };
  });
}

function typeOf({ name, type }: SourceStanza): SourceType {
  const sourceType = sourceTypes[type];
  if (!sourceType) throw new RingbackError('RB_CONFIG_INVALID', `source ${name}: no source type is called ${type}`);
  return sourceType;
}

/** What `ringback send` can make, over all source types. */
export const SENDER_KINDS: readonly string[] = [...new Set(Object.values(sourceTypes).flatMap(({ kinds }) => kinds))];
