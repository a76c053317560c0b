import { Bounded, Duration, PatternText, SecretText, Section, type Settings } from '@ringback/contracts';
import { Type } from 'typebox';
import { ALGORITHMS } from '../http/hmac.ts';
import { PathSetting } from '../http/path-setting.ts';
import { problemOfPath } from './json-path.ts';
import { problemOfTemplate } from './template.ts';

const header = () =>
  PatternText({
    pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$",
    words: "a header's name of 1 to 100 characters, such as x-signature",
    description: 'Name of a header; capitals do not matter.',
  });
const field = Type.Optional(
  Type.String({ minLength: 1, description: 'The part of it, where the header is a list such as t=1,v1=abc.' }),
);
const jsonPath = Type.Refine(
  PatternText({
    pattern: '^[^.\\s]+(\\.[^.\\s]+)*$',
    words: 'keys with a dot between each two, such as data.object.id',
    description: 'Keys that lead to a value of the body, with dots between them: data.object.id.',
  }),
  (path) => problemOfPath(path) === undefined,
  (path) => problemOfPath(path) ?? '',
);

function From(description: string) {
  const section = Section(
    { header: Type.Optional(header()), field, json: Type.Optional(jsonPath) },
    { description, 'x-words': 'a mapping; write { header: x-name } or { json: a.path }', 'x-one-of': ['header', 'json'] },
  );
  return Type.Refine(
    section,
    (from) =>
      (from.header === undefined) !== (from.json === undefined) && (from.field === undefined || from.header !== undefined),
    (from) =>
      from.header !== undefined && from.json !== undefined
        ? 'has both header and json; write one of them'
        : 'has neither header nor json; write one of them',
  );
}

const Signature = Section(
  {
    header: header(),
    field,
    prefix: Type.Optional(
      Type.String({ minLength: 1, description: 'What stands before the signature itself, such as sha256=.' }),
    ),
    algorithm: Type.Enum(ALGORITHMS, { default: 'sha256', description: 'The hash of the HMAC.' }),
    encoding: Type.Enum(['hex', 'base64'], { default: 'hex', description: 'How the signature is written.' }),
    signs: Type.Refine(
      Type.String({
        default: '{body}',
        description: 'What is signed: text with {body}, {timestamp}, {id}, {url}, {method} in the places of these.',
      }),
      (text) => problemOfTemplate(text) === undefined,
      (text) => problemOfTemplate(text) ?? '',
    ),
    url: Type.Optional(
      PatternText({
        pattern: '^https?://[^/?#\\s]+$',
        words: 'http:// or https:// and a host, without a path, such as https://hooks.example.com',
        description:
          'For {url}: scheme and host as the sender knows them, https://hooks.example.com. Path and query are added as they came.',
      }),
    ),
  },
  {
    description: 'Where the signature stands, and what it covers.',
    'x-words': 'a mapping; write { header: x-signature }',
  },
);

/** Settings of an `hmac` source. `fit.ts` checks that they fit together. */
export const HmacSettings = Section({
  path: PathSetting({ description: 'Path that takes its callbacks' }),
  secrets: Type.Array(SecretText({ description: 'A secret, taken as text.' }), {
    minItems: 1,
    maxItems: 10,
    description: 'Every secret that may sign: several while one replaces another.',
  }),
  signature: Signature,
  timestamp: Type.Optional(
    Section(
      {
        header: header(),
        field,
        tolerance: Bounded(Duration({ default: '5m', description: 'How far from our clock it may be.' }), {
          min: '1s',
          max: '7d',
        }),
      },
      {
        description: 'When it was signed: seconds or milliseconds since the epoch. Absent: when it came.',
        'x-words': 'a mapping; write { header: x-timestamp }',
      },
    ),
  ),
  id: Type.Optional(From('What tells a repeat from a new callback. Absent: the digest of the body.')),
  event: Type.Optional(From('What happened: the type of the callback is the name of the source, a dot and this.')),
  businessKey: Type.Optional(From('What the callback is about, for dedupe.businessKey.')),
  challenge: Type.Optional(
    Section(
      {
        query: Type.Optional(
          Type.String({
            minLength: 1,
            description: 'A parameter of the URL: its value is the answer to a request that has it, by GET or POST. Not signed.',
          }),
        ),
        json: Type.Optional(jsonPath),
      },
      {
        description: 'A question of the sender whether we are there, which is answered with its own text and is no callback.',
        'x-words': 'a mapping; write { query: name } or { json: a.path }',
      },
    ),
  ),
  answer: Section(
    {
      status: Type.Integer({ minimum: 200, maximum: 299, default: 200, description: 'The status of an ack.' }),
      body: Type.Optional(Type.String({ description: 'The body of an ack. Absent: JSON with a responseID.' })),
      contentType: PatternText({
        pattern: '^[\\x20-\\x7e]+$',
        words: 'a content type of printable ASCII characters',
        default: 'text/plain; charset=utf-8',
        description: 'The type of that body.',
      }),
    },
    { description: 'What the sender takes for an ack.', 'x-words': 'a mapping; write { status: 202 }', default: {} },
  ),
});
export type HmacSettings = Settings<typeof HmacSettings>;
