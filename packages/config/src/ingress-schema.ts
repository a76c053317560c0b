import { AddressRange, Bounded, Duration, SecretText, Section, Size } from '@ringback/contracts';
import { Type } from 'typebox';
import { Spool } from './spool-schema.ts';

export const port = { minimum: 0, maximum: 65_535 };

export const AdminHost = Type.String({
  minLength: 1,
  default: '127.0.0.1',
  description: 'The address for health checks and metrics. 0.0.0.0 lets them come from other machines, as Kubernetes probes do.',
});

/** Who may read `/metrics`. Health checks ask without either. */
export const adminAccess = {
  adminToken: Type.Optional(
    SecretText({
      minLength: 16,
      // RFC 6750, 2.1: a header cannot carry another one, so nobody could read the page.
      pattern: '^\\S+$',
      words: 'a token; write it without white space',
      description: 'What /metrics asks for, as Authorization: Bearer <token>. Absent: nothing.',
    }),
  ),
  adminTls: Type.Optional(
    Section(
      {
        cert: SecretText({ description: 'The certificate of the admin port, in PEM.' }),
        key: SecretText({ description: 'Its key, in PEM.' }),
        ca: SecretText({ description: 'The CA that signs the certificates of those who may read /metrics, in PEM.' }),
      },
      { description: 'The admin port speaks HTTPS, and /metrics asks for a client certificate. Absent: HTTP.' },
    ),
  ),
};

export const shutdownGrace = (value: string) =>
  Bounded(Duration({ default: value, description: 'How long work under way may take to finish at shutdown.' }), {
    min: '0s',
    max: '1h',
  });

const requestTime = (value: string, description: string) =>
  Bounded(Duration({ default: value, description }), { min: '100ms', max: '1h' });

export const Ingress = Section(
  {
    host: Type.String({ minLength: 1, default: '0.0.0.0', description: 'The address on which callbacks are received.' }),
    port: Type.Integer({ ...port, default: 8080, description: 'The port on which callbacks are received; 0: any free one.' }),
    adminHost: AdminHost,
    adminPort: Type.Optional(
      Type.Integer({ ...port, description: 'The port for health checks and metrics; 9080 if it is free.' }),
    ),
    ...adminAccess,
    trustProxy: Type.Optional(
      Type.Array(AddressRange({ description: 'The address of a proxy, or a range of them.' }), {
        description: 'Proxies whose X-Forwarded-For header is trusted. Absent: none.',
      }),
    ),
    bodyLimit: Bounded(Size({ default: '1MiB', description: 'The largest body that is accepted.' }), {
      min: '1KiB',
      max: '64MiB',
    }),
    enqueueTimeout: Bounded(
      Duration({ default: '2s', description: 'How long Redis may take before a callback is refused with 503.' }),
      {
        min: '50ms',
        max: '1m',
      },
    ),
    headerLimit: Bounded(Size({ default: '16KiB', description: 'The largest head of a request: its line and headers.' }), {
      min: '1KiB',
      max: '1MiB',
    }),
    maxInFlight: Type.Integer({
      minimum: 1,
      default: 2000,
      description: 'Requests under way at once; any more are refused with 503.',
    }),
    maxBytesInFlight: Bounded(
      Size({
        default: '256MiB',
        description: 'The most that bodies of requests under way may take together; further requests get 503.',
      }),
      { min: '1KiB', max: '64GiB' },
    ),
    maxConnections: Type.Integer({
      minimum: 1,
      default: 10_000,
      description: 'Connections at once; beyond that, the one that has been idle for the longest is closed for a new one.',
    }),
    headersTimeout: requestTime('10s', 'How long the head of a request may take to arrive.'),
    requestTimeout: requestTime('30s', 'How long a whole request may take to arrive.'),
    keepAliveTimeout: requestTime('75s', 'How long a connection is kept open between requests.'),
    drainDelay: Bounded(
      Duration({
        default: '2s',
        description: 'How long callbacks are still accepted at shutdown, while readyz says 503.',
      }),
      { min: '0s', max: '5m' },
    ),
    spool: Type.Optional(Spool),
    shutdownGrace: shutdownGrace('10s'),
  },
  { description: 'The process that takes callbacks.' },
);
