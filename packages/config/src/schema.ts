import {
  AddressRange,
  Bounded,
  DeliverySettings,
  Duration,
  type OutputType,
  PatternText,
  Section,
  Size,
  type SourceType,
} from '@ringback/contracts';
import { type StaticDecode, type TObject, type TSchema, Type } from 'typebox';
import { Alerts } from './alerts-schema.ts';
import { History } from './history-schema.ts';
import { adminAccess, AdminHost, Ingress, port, shutdownGrace } from './ingress-schema.ts';
import { Privacy } from './privacy-schema.ts';
import { Redis } from './redis-schema.ts';
import { Route } from './route-schema.ts';
import { Tracing } from './tracing-schema.ts';

export type SourceTypes = Readonly<Record<string, SourceType>>;
export type OutputTypes = Readonly<Record<string, OutputType>>;

const Name = PatternText({
  pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
  words: 'a name of small letters, digits, - and _ (at most 63, the first a letter or a digit)',
  description: 'A name of your choice: small letters, digits, - and _; it appears in logs, metrics and queue names.',
});

const Log = Section(
  { level: Type.Enum(['debug', 'info', 'warn', 'error'], { default: 'info', description: 'The lowest level that is logged.' }) },
  { description: 'What both processes log.' },
);

const Worker = Section(
  {
    adminHost: AdminHost,
    adminPort: Type.Optional(
      Type.Integer({ ...port, description: 'The port for health checks and metrics; 9090 if it is free.' }),
    ),
    ...adminAccess,
    concurrency: Type.Integer({ minimum: 1, maximum: 1000, default: 4, description: 'Batches of callbacks dispatched at once.' }),
    lockDuration: Bounded(
      Duration({ default: '10s', description: 'How long after a worker died its work waits before another one takes it over.' }),
      { min: '2s', max: '1h' },
    ),
    shards: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0 }), {
        minItems: 1,
        uniqueItems: true,
        description: 'The shards that this worker serves, from 0. Absent: all.',
      }),
    ),
    shutdownGrace: shutdownGrace('20s'),
    stuckAfter: Bounded(
      Duration({
        default: '60s',
        description: 'How long work may wait without progress before the worker exits, so that it is restarted.',
      }),
      { min: '1s', max: '1h' },
    ),
  },
  { description: 'The processes that deliver them.' },
);

const Dedupe = Section(
  {
    window: Bounded(
      Duration({ default: '24h', description: 'How long a callback is remembered, so that a repeat is not delivered.' }),
      {
        min: '1s',
        max: '365d',
      },
    ),
    businessKey: Type.Boolean({
      default: false,
      description:
        'Recognise duplicates under a new requestID as well, by what they are about: a call, an order, a state of a task.',
    }),
  },
  { description: 'How duplicates of a callback are recognised.' },
);

const Quarantine = Section(
  {
    maxCount: Type.Integer({ minimum: 0, maximum: 50_000, default: 10_000, description: 'The most callbacks that are kept.' }),
    maxSize: Size({ default: '64MiB', description: 'The most that they may take in Redis, all together.' }),
    unrouted: Section(
      {
        maxCount: Type.Integer({
          minimum: 0,
          maximum: 50_000,
          default: 20_000,
          description: 'The most callbacks that are kept.',
        }),
        maxSize: Size({ default: '64MiB', description: 'The most that they may take in Redis, all together.' }),
      },
      { description: 'How many callbacks that no route matches are kept. When it is full, the newest are counted and lost.' },
    ),
  },
  { description: 'How many correctly signed callbacks that cannot be used are kept. When it is full, the newest are not kept.' },
);

const Settings = Section(
  {
    watch: Type.Boolean({
      default: false,
      description: 'Take changes of this file, and of the files with secrets that it names, while the processes run.',
    }),
  },
  { description: 'How changes of the settings are taken.' },
);

/** What every source has. */
export const Reach = Section({
  allowFrom: Type.Optional(
    Type.Array(AddressRange({ description: 'An address, or a range of them.' }), {
      minItems: 1,
      description: 'Where its callbacks may come from: IP addresses, or ranges such as 192.0.2.0/24. Absent: from anywhere.',
    }),
  ),
});

/** What every stanza has. */
const Stanza = Type.Object({ name: Name, type: Type.String() }, { additionalProperties: Type.Unknown() });

const sections = {
  log: Log,
  ingress: Ingress,
  worker: Worker,
  redis: Redis,
  dedupe: Dedupe,
  quarantine: Quarantine,
  history: Type.Optional(History),
  settings: Settings,
  privacy: Type.Optional(Privacy),
  tracing: Type.Optional(Tracing),
  alerts: Type.Optional(Alerts),
};

/** With stanzas of any type: gives the static type. A key with a `default` may be absent. */
export const AnySettings = Section({
  ...sections,
  sources: Type.Array(Stanza),
  outputs: Type.Array(Stanza),
  routes: Type.Array(Route),
});
export type AnySettings = StaticDecode<typeof AnySettings>;

/** With these types of sources and outputs: for checks and for the JSON Schema. */
export function settingsSchema({ sourceTypes, outputTypes }: { sourceTypes: SourceTypes; outputTypes: OutputTypes }): TObject {
  const sources = Object.values(sourceTypes).map((type) => stanza(type, Reach.properties));
  const outputs = Object.values(outputTypes).map((type) => stanza(type, DeliverySettings.properties));
  return Section({
    ...sections,
    sources: Type.Array(Type.Union(sources), { minItems: 1, description: 'Where callbacks come from.' }),
    outputs: Type.Array(Type.Union(outputs), { description: 'Where they are delivered to.' }),
    routes: Type.Array(Route, { description: 'Which callbacks go to which outputs; every route that fits counts.' }),
  });
}

function stanza({ type, settings }: SourceType | OutputType, shared: Record<string, TSchema>): TObject {
  if (!Type.IsObject(settings)) throw new TypeError(`the settings of type ${type} must be a Section`);
  return Section({ name: Name, type: Type.Literal(type), ...shared, ...settings.properties });
}
