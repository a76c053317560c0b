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
  description:
    'A single server: redis://host:6379, or rediss:// for TLS. Absent, as sentinel and cluster are: the environment variable REDIS_URL.',
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

const Username = Type.Optional(Type.String({ minLength: 1, description: 'The ACL user. Absent: default.' }));
const Password = Type.Optional(SecretText({ description: 'The password of the user.' }));
const Tls = Type.Optional(
  Section(
    {
      ca: Type.Optional(
        SecretText({ description: 'The CA that signed the certificates, in PEM. Absent: those that Node knows.' }),
      ),
      cert: Type.Optional(SecretText({ description: 'Our certificate, in PEM, if the server asks for one.' })),
      key: Type.Optional(SecretText({ description: 'The key of our certificate, in PEM.' })),
      servername: Type.Optional(
        Type.String({ minLength: 1, description: 'The name in the certificate. Absent: the host that is connected to.' }),
      ),
    },
    { description: 'Connect with TLS. Empty ({}): with the CAs that Node knows.' },
  ),
);

const Node = PatternText({
  pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[^\\s:/@\\[\\]]+):[1-9]\\d{0,4}$',
  words: 'an address such as 10.0.0.1:6379',
  description: 'host:port.',
});

const Sentinel = Section(
  {
    name: Type.String({ minLength: 1, description: 'The name under which the sentinels know the primary: mymaster.' }),
    nodes: Type.Array(Node, { minItems: 1, description: 'The sentinels, as host:port. They are asked in turn.' }),
    username: Username,
    password: Password,
    tls: Tls,
  },
  { description: 'Redis with Sentinel. username, password and tls in here are those of the sentinels.' },
);

const Cluster = Section(
  {
    nodes: Type.Array(Node, { minItems: 1, description: 'Some nodes of the cluster, as host:port. The others are found.' }),
    natMap: Type.Optional(
      Type.Record(Type.String(), Node, {
        description:
          'Where a node is reached from here, by the address that the cluster tells: "10.0.0.1:6379": "192.0.2.1:7001".',
      }),
    ),
  },
  { description: 'A Redis Cluster or Valkey Cluster.' },
);

export const Redis = Section(
  {
    url: Type.Optional(Type.Refine(SecretText(RedisUrl), isReadable, () => UNREADABLE)),
    sentinel: Type.Optional(Sentinel),
    cluster: Type.Optional(Cluster),
    username: Username,
    password: Password,
    tls: Tls,
    database: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 65_535, description: 'The number of the database. A cluster has none but 0.' }),
    ),
    prefix: PatternText({
      pattern: '^[A-Za-z0-9_-]+$',
      words: 'text of letters, digits, - and _',
      default: 'ringback',
      description: 'The prefix of every key in Redis.',
    }),
    shards: Type.Integer({
      minimum: 1,
      maximum: 256,
      default: 1,
      description:
        'How many complete sets of queues there are, spread over the primaries of a cluster. Changed later only by ringback reshard.',
    }),
    durability: Type.Enum([...DURABILITIES], {
      default: 'memory',
      description: 'What Redis must do with a callback before it is acked. If Redis does less, the apps are not ready.',
    }),
    overload: Overload,
  },
  { description: 'Where callbacks are queued: url, sentinel or cluster.', 'x-at-most-one-of': ['url', 'sentinel', 'cluster'] },
);
