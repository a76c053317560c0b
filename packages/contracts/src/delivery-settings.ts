import { type StaticDecode, Type } from 'typebox';
import { OutputMask } from './mask-settings.ts';
import { Bounded, BYTES_PER_UNIT, Duration, MS_PER_UNIT, oneWay, parseUnits, PatternText, Section } from './settings.ts';

function isOrdered({ minDelay, maxDelay }: { minDelay: string; maxDelay: string }): boolean {
  return parseUnits(minDelay, MS_PER_UNIT) <= parseUnits(maxDelay, MS_PER_UNIT);
}

const Retry = Type.Refine(
  Section(
    {
      attempts: Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: 60,
        description: 'Attempts in all, the first included. Only those count that the destination answered with an error.',
      }),
      giveUpAfter: Bounded(
        Duration({ default: '3d', description: 'How long after its first failure a delivery that goes on failing is given up.' }),
        { min: '10ms', max: '90d' },
      ),
      minDelay: Duration({ default: '1s', description: 'Wait before the second attempt; it doubles from attempt to attempt.' }),
      maxDelay: Bounded(Duration({ default: '1h', description: 'The longest wait between two attempts.' }), {
        min: '1ms',
        max: '7d',
      }),
    },
    { description: 'How a failed delivery is tried again.' },
  ),
  isOrdered,
  () => 'has a minDelay that is above its maxDelay',
);

const Breaker = Section(
  {
    enabled: Type.Boolean({ default: true, description: 'Whether deliveries wait in the queue while the destination fails.' }),
    failures: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 10,
      description: 'Failed attempts in a row after which they wait.',
    }),
    failingFor: Bounded(
      Duration({ default: '1m', description: 'Time without a success after which they wait, if two attempts or more failed.' }),
      { min: '10ms', max: '1d' },
    ),
    cooldown: Bounded(Duration({ default: '10s', description: 'How long they wait before one of them is tried.' }), {
      min: '10ms',
      max: '1h',
    }),
    maxHold: Bounded(
      Duration({ default: '10m', description: "How long at most they wait because of a destination's Retry-After." }),
      { min: '10ms', max: '24h' },
    ),
  },
  { description: 'When deliveries wait in the queue because the destination fails.' },
);

/** `64MiB` → bytes; `10%` → a share. */
function SizeOrShare(options: { description: string }) {
  const words = 'a size or a percentage from 1% to 99%; write 512KiB, 64MiB, 1GiB or 10%';
  return Type.Codec(PatternText({ ...options, pattern: '^(\\d{1,9}(B|KiB|MiB|GiB)|[1-9]\\d?%)$', words }))
    .Decode((text): { readonly bytes: number } | { readonly share: number } =>
      text.endsWith('%') ? { share: Number.parseInt(text, 10) / 100 } : { bytes: parseUnits(text, BYTES_PER_UNIT) },
    )
    .Encode(oneWay);
}

const Backlog = Section(
  {
    max: Type.Optional(
      SizeOrShare({
        description:
          'How much may wait for the output: bytes, or a share of maxmemory (default: the outputs share 50% of the memory up to which callbacks are taken).',
      }),
    ),
    maxCount: Type.Optional(
      Type.Integer({ minimum: 1, description: 'How many deliveries may be held for the output (default: no such bound).' }),
    ),
    over: Type.Enum(['hold', 'dead-letter', 'drop'], {
      default: 'hold',
      description:
        'What becomes of deliveries beyond that: they wait (with a history: there, parked), become dead letters, or are dropped and counted.',
    }),
  },
  { description: 'How much may wait for the output in Redis while it cannot take it.' },
);

const RateLimit = Section(
  {
    max: Type.Integer({ minimum: 1, description: 'Deliveries …' }),
    per: Bounded(Duration({ description: '… per this time, over all workers.' }), { min: '1ms', max: '1d' }),
  },
  { description: 'At most `max` deliveries per `per`, over all workers.' },
);

/** The settings that every output has. The loader fills in keys with a `default`. */
export const DeliverySettings = Section({
  timeout: Bounded(Duration({ default: '10s', description: 'How long one attempt may take, connection included.' }), {
    min: '10ms',
    max: '1h',
  }),
  concurrency: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 32,
    description: 'Attempts under way at once, per worker process.',
  }),
  retry: Retry,
  breaker: Breaker,
  backlog: Backlog,
  rateLimit: Type.Optional(RateLimit),
  mask: Type.Optional(OutputMask),
});

/** Decoded: durations in ms, sizes in bytes. */
export type DeliverySettings = StaticDecode<typeof DeliverySettings>;
