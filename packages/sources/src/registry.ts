import { RingbackError, type Source, type SourceType } from '@ringback/contracts';
import { callbot } from './callbot/source.ts';

/** Every source type, by the `type:` of its stanza. */
export const sourceTypes: Readonly<Record<string, SourceType>> = {
  [callbot.type]: callbot,
};

/** A stanza of `sources:`, its settings decoded by the schema of its type. */
export type SourceStanza = { readonly name: string; readonly type: string; readonly settings: unknown };

/**
 * Creates the configured sources, in order. The settings loader made sure that no two have a path in common.
 * @throws RingbackError RB_CONFIG_INVALID: an unknown type
 */
export function createSources(stanzas: readonly SourceStanza[]): Source[] {
  return stanzas.map(createSource);
}

function createSource({ name, type, settings }: SourceStanza): Source {
  const sourceType = sourceTypes[type];
  if (!sourceType) throw new RingbackError('RB_CONFIG_INVALID', `source ${name}: no source type is called ${type}`);
  return sourceType.create({ name, settings });
}
