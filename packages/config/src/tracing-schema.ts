import { PatternText, SecretText, Section } from '@ringback/contracts';
import { Type } from 'typebox';

export const Tracing = Section(
  {
    endpoint: PatternText({
      pattern: '^https?://[^\\s/?#@]+(/[^\\s?#@]*)?$',
      words: 'the URL of a receiver of OTLP over HTTP, such as http://localhost:4318 (without user, password and query)',
      description: 'Where spans are sent by OTLP over HTTP, as JSON: its base, to which /v1/traces is added.',
    }),
    headers: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[A-Za-z0-9-]+$' }),
        SecretText({
          pattern: '^[\\t\\x20-\\x7e]+$',
          words: 'the value of a header; write printable ASCII characters',
          description: 'The header’s value: printable ASCII.',
        }),
        { description: 'Headers to send along, such as `authorization`.' },
      ),
    ),
    sample: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 1,
      description: 'The share of callbacks that are traced, from 0 to 1, where the sender’s own trace does not decide it.',
    }),
    service: Type.String({
      minLength: 1,
      maxLength: 200,
      default: 'ringback',
      description: 'The name of the service in the traces.',
    }),
  },
  { description: 'Traces with OpenTelemetry. Absent: none, and nothing of it is loaded.' },
);
