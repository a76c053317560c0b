import { DeliverySettings } from '@ringback/contracts';
import { type StaticDecode, type TSchema, Type } from 'typebox';
import { Clean, Clone, DecodeUnsafe } from 'typebox/value';
import type { Config, LoadOptions } from './load.ts';
import { AnySettings, type OutputTypes, Reach, type SourceTypes } from './schema.ts';

type Stanza = { readonly name: string; readonly type: string };

/** Of settings that `read` has checked, with defaults: durations in ms, sizes in bytes. Frozen. */
export function decode(checked: unknown, { sourceTypes, outputTypes }: Pick<LoadOptions, 'sourceTypes' | 'outputTypes'>): Config {
  const { sources, outputs, ...sections } = decoded(AnySettings, checked);
  const reach = decoded(Type.Array(Reach), sources);
  const delivery = decoded(Type.Array(DeliverySettings), outputs);
  return freeze({
    ...sections,
    sources: settingsOf(sources, sourceTypes).map((source, index) => ({ ...source, ...reach[index] })),
    outputs: settingsOf(outputs, outputTypes).map((output, index) => ({ ...output, delivery: at(delivery, index) })),
  });
}

/** By the schema of their type. All of a type at once: TypeBox prepares the schema at each call, which takes long. */
function settingsOf(stanzas: readonly Stanza[], types: SourceTypes | OutputTypes) {
  const byType = new Map<string, Iterator<unknown>>();
  for (const [type, alike] of Map.groupBy(stanzas, (stanza) => stanza.type)) {
    const schema = Object.values(types).find((known) => known.type === type)?.settings;
    if (schema === undefined) throw new TypeError(`no such type: ${type}`);
    const all: readonly unknown[] = decoded(Type.Array(schema), alike);
    byType.set(type, all.values());
  }
  return stanzas.map(({ name, type }) => ({ name, type, settings: byType.get(type)?.next().value }));
}

/** `Value.Decode` without its checks and defaults: those are done. Leaves out keys that the schema does not have. */
function decoded<S extends TSchema>(schema: S, value: unknown): StaticDecode<S> {
  // `as`: DecodeUnsafe has the type unknown; the value fits the schema.
  return DecodeUnsafe({}, schema, Clean(schema, Clone(value))) as StaticDecode<S>;
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`no entry ${index}`);
  return found;
}

/** Plain objects and lists only: decoded values (Secret, URL) stay as they are. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
  for (const child of Object.values(value)) freeze(child);
  return Object.freeze(value);
}
