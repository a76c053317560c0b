import { DeliverySettings } from '@ringback/contracts';
import { type StaticDecode, type TSchema, Type } from 'typebox';
import { Clean, Clone, DecodeUnsafe } from 'typebox/value';
import type { Steps } from './in-steps.ts';
import type { Config, LoadOptions } from './load.ts';
import { AnySettings, type OutputTypes, Reach, type SourceTypes } from './schema.ts';

type Types = Pick<LoadOptions, 'sourceTypes' | 'outputTypes'>;
type Configured = Stanza & { readonly settings: unknown };
type Stanza = { readonly name: string; readonly type: string };

/** Of settings that `read` has checked, with defaults: durations in ms, sizes in bytes. Frozen. */
export function* decode(checked: unknown, { sourceTypes, outputTypes }: Types): Steps<Config> {
  const { sources, outputs, ...sections } = decoded(AnySettings, checked);
  yield;
  const reach = yield* decodedList(Reach, sources);
  const delivery = yield* decodedList(DeliverySettings, outputs);
  const [from, to] = [yield* settingsOf(sources, sourceTypes), yield* settingsOf(outputs, outputTypes)];
  return freeze({
    ...sections,
    sources: from.map((source, index) => ({ ...source, ...reach[index] })),
    outputs: to.map((output, index) => ({ ...output, delivery: at(delivery, index) })),
  });
}

/** TypeBox prepares the schema at each call, which takes long for a single entry. */
const ENTRIES_IN_A_STEP = 100;

/** By the schema of their type. */
function* settingsOf(stanzas: readonly Stanza[], types: SourceTypes | OutputTypes): Steps<Configured[]> {
  const byType = new Map<string, Iterator<unknown>>();
  for (const [type, alike] of Map.groupBy(stanzas, (stanza) => stanza.type)) {
    const schema = Object.values(types).find((known) => known.type === type)?.settings;
    if (schema === undefined) throw new TypeError(`no such type: ${type}`);
    const all: readonly unknown[] = yield* decodedList(schema, alike);
    byType.set(type, all.values());
  }
  return stanzas.map(({ name, type }) => ({ name, type, settings: byType.get(type)?.next().value }));
}

function* decodedList<S extends TSchema>(schema: S, values: readonly unknown[]): Steps<StaticDecode<S>[]> {
  const list: StaticDecode<S>[] = [];
  for (let start = 0; start < values.length; start += ENTRIES_IN_A_STEP) {
    const some: readonly StaticDecode<S>[] = decoded(Type.Array(schema), values.slice(start, start + ENTRIES_IN_A_STEP));
    list.push(...some);
    yield;
  }
  return list;
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
