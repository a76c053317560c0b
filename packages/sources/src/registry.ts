import { RingbackError, type Source, type SourceType } from '@ringback/contracts';
import { callbot } from './callbot/source.ts';

/** Every source type, by the `type:` of its stanza. */
export const sourceTypes: Readonly<Record<string, SourceType>> = {
  [callbot.type]: callbot,
};

/** A stanza of `sources:`, its settings decoded by the schema of its type. */
export type SourceStanza = { readonly name: string; readonly type: string; readonly settings: unknown };

/**
 * Creates the configured sources, in order.
 * @throws RingbackError RB_CONFIG_INVALID: an unknown type, settings that a source refuses, or two sources on one path
 */
export function createSources(stanzas: readonly SourceStanza[]): Source[] {
  const sources = stanzas.map(createSource);
  const owners = new Map<string, string>();
  for (const { name, paths } of sources) {
    for (const path of paths) {
      const owner = owners.get(path);
      if (owner !== undefined) {
        throw new RingbackError(
          'RB_CONFIG_INVALID',
          `sources ${owner} and ${name} both take ${path}: give one of them other paths`,
        );
      }
      owners.set(path, name);
    }
  }
  return sources;
}

function createSource({ name, type, settings }: SourceStanza): Source {
  const sourceType = sourceTypes[type];
  if (!sourceType) throw new RingbackError('RB_CONFIG_INVALID', `source ${name}: no source type is called ${type}`);
  return sourceType.create({ name, settings });
}
