import { Bounded, Duration, PatternText, SecretText, Section, Size } from '@ringback/contracts';
import { Type } from 'typebox';

/** Each store needs its own place, and takes no other's. */
function hasItsPlace({ store, path, url }: { store: string; path?: unknown; url?: unknown }): boolean {
  return store === 'sqlite' ? path !== undefined && url === undefined : url !== undefined && path === undefined;
}

const keep = (value: string, description: string) =>
  Bounded(Duration({ default: value, description }), { min: '1m', max: '3650d' });

const PostgresUrl = {
  pattern: '^postgres(ql)?://.',
  words: 'a URL that begins with postgres:// or postgresql://',
  description: 'Of PostgreSQL: postgres://user:password@host:5432/database.',
};

const Place = Section(
  {
    store: Type.Enum(['sqlite', 'postgres'], {
      description: 'sqlite: a file, for processes on one machine. postgres: PostgreSQL 14 or later, for any number of machines.',
    }),
    path: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Of sqlite: the file, from the folder of the settings file. Its folder is made if it is missing.',
      }),
    ),
    url: Type.Optional(SecretText(PostgresUrl)),
    schema: PatternText({
      pattern: '^[a-z_][a-z0-9_]{0,62}$',
      words: 'a name of small letters, digits and _ (at most 63, the first no digit)',
      default: 'ringback',
      description: 'Of postgres: the schema that holds the tables. It is made if it is missing.',
    }),
    tls: Type.Optional(
      Section(
        {
          ca: Type.Optional(
            SecretText({ description: 'The CA that signed the certificate, in PEM. Absent: those that Node knows.' }),
          ),
          cert: Type.Optional(SecretText({ description: 'Our certificate, in PEM, if the server asks for one.' })),
          key: Type.Optional(SecretText({ description: 'The key of our certificate, in PEM.' })),
          servername: Type.Optional(
            Type.String({ minLength: 1, description: 'The name in the certificate. Absent: the host that is connected to.' }),
          ),
        },
        { description: 'Of postgres: connect with TLS. Empty ({}): with the CAs that Node knows.' },
      ),
    ),
    keep: keep('30d', 'How long callbacks, deliveries and attempts are kept.'),
    keepBodies: keep('7d', 'How long the bodies of callbacks are kept.'),
    answers: Bounded(
      Size({
        default: '0B',
        description: "How much of a destination's answer is kept. It may hold personal data: 0B keeps none.",
      }),
      { min: '0B', max: '64KiB' },
    ),
    buffer: Bounded(
      Size({
        default: '64MiB',
        description:
          'The most that waits in Redis for the history, over all shards; beyond it, what is new is left out and counted.',
      }),
      { min: '64KiB', max: '16GiB' },
    ),
  },
  { description: 'Where what passed is kept for a person to find. Absent: nowhere.' },
);

export const History = Type.Refine(Place, hasItsPlace, () => 'must have path for store: sqlite, or url for store: postgres');
