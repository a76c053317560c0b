import { DeliverySettings } from '@ringback/contracts';
import { type StaticDecode, type TSchema, Type } from 'typebox';
import { Clean, Clone, DecodeUnsafe } from 'typebox/value';
import type { Steps } from './in-steps.ts';
import { AnySettings, type OutputTypes, Reach, type SourceTypes } from './schema.ts';

/** `settings` is decoded by the type's schema. */
type Configured = { readonly name: string; readonly type: string; readonly settings: unknown };

/** `allowFrom` is for `createAddressList`. Absent: any address. */
export type SourceConfig = Configured & { readonly allowFrom?: readonly string[] };

export type OutputConfig = Configured & { readonly delivery: DeliverySettings };

/** Checked and frozen, with defaults. Durations in ms, sizes in bytes. */
export type Config = Readonly<Omit<AnySettings, 'sources' | 'outputs'>> & {
  readonly sources: readonly SourceConfig[];
  readonly outputs: readonly OutputConfig[];
};

type Types = { readonly sourceTypes: SourceTypes; readonly outputTypes: OutputTypes };
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
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has the type unknown, and the value fits the schema
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
