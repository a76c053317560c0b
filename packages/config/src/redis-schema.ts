import { DURABILITIES, PatternText, Percentage, SecretText, Section, UNSET_SECRET } from '@ringback/contracts';
import { type TSchema, Type } from 'typebox';

function isApart({ high, low }: { high: unknown; low: unknown }): boolean {
  return Number.parseInt(String(low), 10) <= Number.parseInt(String(high), 10);
}

/** On above `high`, off below `low`: the gap avoids flapping. */
function watermarks<S extends TSchema>(properties: { high: S; low: S }, description: string) {
  return Type.Refine(Section(properties, { description }), isApart, () => 'has a low that is above its high');
}

const Overload = Section(
  {
    memory: watermarks(
      {
        high: Percentage({ default: '80%', description: 'Of maxmemory: from here on callbacks are refused …' }),
        low: Percentage({ default: '70%', description: '… until less than this is used.' }),
      },
      'How much of its maxmemory Redis may use. Without a maxmemory: any.',
    ),
    depth: Type.Optional(
      watermarks(
        {
          high: Type.Integer({ minimum: 1, description: 'From so many waiting jobs on callbacks are refused …' }),
          low: Type.Integer({ minimum: 1, description: '… until fewer than this wait.' }),
        },
        'How many jobs may wait, batches of callbacks and deliveries together. Absent: any number.',
      ),
    ),
  },
  { description: 'When callbacks are refused with 503 because there is more in Redis than the workers get done.' },
);

const RedisUrl = {
  pattern: '^rediss?://.',
  words: 'a URL that begins with redis:// or rediss://',
  description: 'redis://host:6379, or rediss:// for TLS. Absent: the environment variable REDIS_URL.',
  'x-environment': 'REDIS_URL',
};

/** ioredis would end the process on some URLs, with the password in the stack trace. */
function isReadable(text: string): boolean {
  if (text.startsWith(UNSET_SECRET)) return true;
  try {
    const { username, password, pathname } = new URL(text);
    decodeURIComponent(`${username}${password}`);
    return /^(\/\d*)?$/.test(pathname);
  } catch {
    return false;
  }
}

const UNREADABLE =
  'is not a URL that can be read: redis://<user>:<password>@<host>:<port>/<database>, special characters of user and password as %XX';

export const Redis = Section(
  {
    url: Type.Refine(SecretText(RedisUrl), isReadable, () => UNREADABLE),
    prefix: PatternText({
      pattern: '^[A-Za-z0-9_-]+$',
      words: 'text of letters, digits, - and _',
      default: 'ringback',
      description: 'The prefix of every key in Redis.',
    }),
    durability: Type.Enum([...DURABILITIES], {
      default: 'memory',
      description: 'What Redis must do with a callback before it is acked. If Redis does less, the apps are not ready.',
    }),
    overload: Overload,
  },
  { description: 'Where callbacks are queued.' },
);
