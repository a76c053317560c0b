import { type Static, type StaticDecode, type TSchema, Type } from 'typebox';
import { readSecret, type Secret, UNSET_SECRET } from './secret.ts';

export const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export const BYTES_PER_UNIT = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
const UNITS = { ...MS_PER_UNIT, ...BYTES_PER_UNIT };

export function parseUnits(text: string, units: Readonly<Record<string, number>>): number {
  const [, digits, unit] = /^(\d+)([A-Za-z]+)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  if (digits === undefined || factor === undefined) throw new TypeError(`not a number with a unit: ${text}`);
  return Number(digits) * factor;
}

export function oneWay(): never {
  throw new TypeError('settings are read, never written back');
}

/** `words` follow "is not" in error messages, in place of the pattern. */
export function PatternText({ words, ...options }: { description: string; default?: string; pattern: string; words: string }) {
  return Type.String({ ...options, 'x-words': words });
}

/** `250ms`, `5s`, `10m`, `24h`, `7d` → whole milliseconds. */
export function Duration(options: { description: string; default?: string }) {
  const words = 'a duration; write a number and a unit: 500ms, 5s, 10m, 24h, 7d';
  return Type.Codec(PatternText({ ...options, pattern: '^\\d{1,9}(ms|s|m|h|d)$', words }))
    .Decode((text): number => parseUnits(text, MS_PER_UNIT))
    .Encode(oneWay);
}

/** `512B`, `64KiB`, `1MiB` → bytes. */
export function Size(options: { description: string; default?: string }) {
  const words = 'a size; write a number and a unit: 512B, 64KiB, 1MiB, 1GiB';
  return Type.Codec(PatternText({ ...options, pattern: '^\\d{1,9}(B|KiB|MiB|GiB)$', words }))
    .Decode((text): number => parseUnits(text, BYTES_PER_UNIT))
    .Encode(oneWay);
}

/** Bounds in the notation of the settings: `2s`, `1KiB`. */
export function Bounded<S extends ReturnType<typeof Duration>>(schema: S, { min, max }: { min: string; max: string }) {
  const [least, most] = [parseUnits(min, UNITS), parseUnits(max, UNITS)];
  const fits = (text: Static<S>): boolean => {
    const value = parseUnits(text, UNITS);
    return value >= least && value <= most;
  };
  return Type.Refine(schema, fits, () => `is out of bounds: at least ${min} and at most ${max}`);
}

/** `80%` → 0.8. */
export function Percentage(options: { description: string; default?: string }) {
  return Type.Codec(PatternText({ ...options, pattern: '^[1-9]\\d?%$', words: 'a percentage from 1% to 99%' }))
    .Decode((text): number => Number.parseInt(text, 10) / 100)
    .Encode(oneWay);
}

type SecretForm = { readonly pattern: string; readonly words: string } | { readonly pattern?: never; readonly words?: never };

/**
 * `x-secret` tells the loader that the key has a `…File` twin and that its value is never shown. `x-pattern`
 * is the pattern without the prefix of a missing secret, which `pattern` allows.
 */
export function SecretText({
  pattern,
  words,
  ...options
}: SecretForm & { readonly description: string; readonly minLength?: number; readonly 'x-environment'?: string }) {
  const form = pattern === undefined ? {} : { pattern: `^${UNSET_SECRET}|${pattern}`, 'x-pattern': pattern, 'x-words': words };
  return Type.Codec(Type.String({ minLength: 1, ...options, ...form, 'x-secret': true }))
    .Decode((text): Secret => readSecret(text))
    .Encode(oneWay);
}

type SectionOptions = {
  readonly description?: string;
  /** What it is, for messages: follows "is not". Default: a mapping. */
  readonly 'x-words'?: string;
  /** Fills in the whole section if it is absent: each of its keys has a default or is optional. */
  readonly default?: Readonly<Record<string, never>>;
  /** For the JSON Schema only: we check it ourselves, with clearer messages. */
  readonly 'x-one-of'?: readonly string[];
  /** Of these keys one may stand. The settings loader refuses a second one; a key whose value the environment may hold stands in for all. */
  readonly 'x-at-most-one-of'?: readonly string[];
};

/** An object that refuses unknown keys, to catch typing errors. */
export function Section<P extends Record<string, TSchema>>(properties: P, options: SectionOptions = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

export type Settings<S extends TSchema> = StaticDecode<S>;
