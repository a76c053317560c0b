import { type Static, type StaticDecode, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { readSecret, type Secret, UNSET_SECRET } from './secret.ts';

const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES_PER_UNIT = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

function parseUnits(text: string, units: Readonly<Record<string, number>>): number {
  const [, digits, unit] = /^(\d+)([A-Za-z]+)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  if (digits === undefined || factor === undefined) throw new TypeError(`not a number with a unit: ${text}`);
  return Number(digits) * factor;
}

function oneWay(): never {
  throw new TypeError('settings are read, never written back');
}

/** `250ms`, `5s`, `10m`, `24h`, `7d` → whole milliseconds. */
export function Duration(options: { description: string; default?: string }) {
  return Type.Codec(Type.String({ ...options, pattern: '^\\d{1,9}(ms|s|m|h|d)$' }))
    .Decode((text): number => parseUnits(text, MS_PER_UNIT))
    .Encode(oneWay);
}

/** `512B`, `64KiB`, `1MiB` → bytes. */
export function Size(options: { description: string; default?: string }) {
  return Type.Codec(Type.String({ ...options, pattern: '^\\d{1,9}(B|KiB|MiB|GiB)$' }))
    .Decode((text): number => parseUnits(text, BYTES_PER_UNIT))
    .Encode(oneWay);
}

/** A duration or size with bounds, in the notation of the settings: `2s`, `1KiB`. */
export function Bounded<S extends ReturnType<typeof Duration>>(schema: S, { min, max }: { min: string; max: string }) {
  const [least, most] = [Value.Decode(schema, min), Value.Decode(schema, max)];
  const fits = (text: Static<S>): boolean => {
    const decoded = Value.Decode(schema, text);
    return decoded >= least && decoded <= most;
  };
  return Type.Refine(schema, fits, () => `is out of bounds: at least ${min} and at most ${max}`);
}

/** `80%` → 0.8. */
export function Percentage(options: { description: string; default?: string }) {
  return Type.Codec(Type.String({ ...options, pattern: '^[1-9]\\d?%$' }))
    .Decode((text): number => Number.parseInt(text, 10) / 100)
    .Encode(oneWay);
}

/**
 * A string → `Secret`. `x-secret` tells the settings loader that the key has a `…File` twin and that its value appears in no error.
 * With `minLength` 1 by default: an empty secret is a mistake. `x-pattern` is the pattern for people; `pattern` also lets an unset secret pass.
 */
export function SecretText({ pattern, ...options }: { description: string; minLength?: number; pattern?: string }) {
  const form = pattern === undefined ? {} : { pattern: `^${UNSET_SECRET}|${pattern}`, 'x-pattern': pattern };
  return Type.Codec(Type.String({ minLength: 1, ...options, ...form, 'x-secret': true }))
    .Decode((text): Secret => readSecret(text))
    .Encode(oneWay);
}

type SectionOptions = {
  readonly description?: string;
  /** Exactly one of these keys must stand. For the JSON Schema of editors alone: we refine the section ourselves, with words of our own. */
  readonly 'x-one-of'?: readonly string[];
};

/** An object that refuses unknown keys: a mistyped setting is an error, never ignored. */
export function Section<P extends Record<string, TSchema>>(properties: P, options: SectionOptions = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** How a failed delivery is tried again. */
export const RetrySettings = Section({
  attempts: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 60,
      description: 'Attempts in all, the first included. Only those count that the destination answered with an error.',
    }),
  ),
  giveUpAfter: Type.Optional(
    Bounded(
      Duration({ default: '3d', description: 'How long after its first failure a delivery that goes on failing is given up.' }),
      { min: '10ms', max: '90d' },
    ),
  ),
  minDelay: Type.Optional(
    Duration({ default: '1s', description: 'Wait before the second attempt; it doubles from attempt to attempt.' }),
  ),
  maxDelay: Type.Optional(
    Bounded(Duration({ default: '1h', description: 'The longest wait between two attempts.' }), { min: '1ms', max: '7d' }),
  ),
});

/** When an output's deliveries wait in their queue because its destination fails. */
export const BreakerSettings = Section({
  enabled: Type.Optional(
    Type.Boolean({ default: true, description: 'Whether deliveries wait in the queue while the destination fails.' }),
  ),
  failures: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 10_000, default: 10, description: 'Failed attempts in a row after which they wait.' }),
  ),
  failingFor: Type.Optional(
    Bounded(
      Duration({ default: '1m', description: 'Time without a success after which they wait, if two attempts or more failed.' }),
      { min: '10ms', max: '1d' },
    ),
  ),
  cooldown: Type.Optional(
    Bounded(Duration({ default: '10s', description: 'How long they wait before one of them is tried.' }), {
      min: '10ms',
      max: '1h',
    }),
  ),
  maxHold: Type.Optional(
    Bounded(Duration({ default: '10m', description: "How long at most they wait because of a destination's Retry-After." }), {
      min: '10ms',
      max: '24h',
    }),
  ),
});

/** `64MiB` → bytes; `10%` → a share. */
function SizeOrShare(options: { description: string }) {
  return Type.Codec(Type.String({ ...options, pattern: '^(\\d{1,9}(B|KiB|MiB|GiB)|[1-9]\\d?%)$' }))
    .Decode((text): { readonly bytes: number } | { readonly share: number } =>
      text.endsWith('%') ? { share: Number.parseInt(text, 10) / 100 } : { bytes: parseUnits(text, BYTES_PER_UNIT) },
    )
    .Encode(oneWay);
}

/** What may wait in Redis for an output that cannot take it. */
export const BacklogSettings = Section({
  max: Type.Optional(
    SizeOrShare({
      description:
        'How much may wait for the output: bytes, or a share of maxmemory (default: the outputs share 50% of the memory up to which callbacks are taken).',
    }),
  ),
  over: Type.Optional(
    Type.Enum(['hold', 'dead-letter', 'drop'], {
      default: 'hold',
      description:
        'What becomes of deliveries beyond that: they wait all the same, become dead letters, or are dropped and counted.',
    }),
  ),
});

/** The settings that every output has, whatever its type. */
export const deliverySettings = {
  timeout: Type.Optional(
    Bounded(Duration({ default: '10s', description: 'How long one attempt may take, connection included.' }), {
      min: '10ms',
      max: '1h',
    }),
  ),
  retry: Type.Optional(RetrySettings),
  breaker: Type.Optional(BreakerSettings),
  backlog: Type.Optional(BacklogSettings),
  concurrency: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, default: 32, description: 'Attempts under way at once, per worker process.' }),
  ),
  rateLimit: Type.Optional(
    Section(
      {
        max: Type.Integer({ minimum: 1, description: 'Deliveries …' }),
        per: Bounded(Duration({ description: '… per this time, over all workers.' }), { min: '1ms', max: '1d' }),
      },
      { description: 'At most `max` deliveries per `per`, over all workers.' },
    ),
  ),
};

/** `deliverySettings` as the worker sees them: every default filled in, durations in ms. */
export type DeliverySettings = {
  readonly timeout: number;
  readonly retry: {
    readonly attempts: number;
    readonly giveUpAfter: number;
    readonly minDelay: number;
    readonly maxDelay: number;
  };
  readonly breaker: {
    readonly enabled: boolean;
    readonly failures: number;
    readonly failingFor: number;
    readonly cooldown: number;
    readonly maxHold: number;
  };
  readonly backlog?: {
    readonly max?: { readonly bytes: number } | { readonly share: number } | undefined;
    readonly over: 'hold' | 'dead-letter' | 'drop';
  };
  readonly concurrency: number;
  readonly rateLimit?: { readonly max: number; readonly per: number } | undefined;
};

export type Settings<S extends TSchema> = StaticDecode<S>;
