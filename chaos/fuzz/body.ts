import type { Random } from '../random.ts';
import { createCallbot } from './callbot.ts';

const { sender } = createCallbot();
const AT_MS = 1_700_000_000_000;
/** MUST NOT show in any answer. */
export const PERSONAL = 'Zhang-Wei-8613800138000';

const KEYS = [
  'callbackType',
  'taskStatus',
  'taskStat',
  'orderID',
  'callInfoDetail',
  'intents',
  '__proto__',
  'constructor',
  '',
  PERSONAL,
  '\u0000',
  '😀',
];
const SCALARS = [
  'null',
  'true',
  '-0',
  '1e999',
  '-1e-999',
  '12345678901234567890',
  '0.1',
  '"\\ud800"',
  '"\\u0000"',
  '"😀"',
  `"${PERSONAL}"`,
  '""',
  '[]',
  '{}',
];
const BROKEN = ['', ' ', '{', '}', '{"a":', '{"a":1,}', "{'a':1}", 'NaN', '\u{feff}{}', '{"a":1}{"b":2}', '//', '"\ud800"'];
const TOKENS = ['{', '}', '[', ']', ',', ':', '"', '\\', 'null', '1e', '\\u12', '\n', '\0', '"a"'];

type Rule = (random: Random) => Buffer;

/** Valid, invalid, other JSON, or no JSON. */
const RULES: readonly Rule[] = [
  (random) => Buffer.from(sample(random)),
  (random) => Buffer.from(withFieldChanged(random)),
  (random) => Buffer.from(withFieldChanged(random)),
  (random) => Buffer.from(json(random, 4)),
  (random) => Buffer.from(nested(random, random.int(1, 3000))),
  (random) => Buffer.from(random.pick(BROKEN)),
  (random) => Buffer.from(Array.from({ length: random.int(1, 30) }, () => random.pick(TOKENS)).join('')),
  (random) => withBytesChanged(random, Buffer.from(sample(random))),
  (random) => Buffer.from(Array.from({ length: random.int(0, 64) }, () => random.int(0, 255))),
];

export function anyBody(random: Random): Buffer {
  return random.pick(RULES)(random);
}

function sample(random: Random): string {
  const options = { kind: random.pick(sender.kinds), at: AT_MS, status: random.int(0, 6), serial: random.int(1, 1000) };
  return sender.sample(options);
}

/** Missing, of another type, or twice. */
function withFieldChanged(random: Random): string {
  const text = sample(random);
  const fields = [...text.matchAll(/"(\w+)":("[^"]*"|-?[\d.]+|true|false|null)(,?)/g)];
  const field = random.pick(fields);
  const [whole, name] = field;
  const changed = random.pick([
    '',
    `"${name}":${json(random, 2)}${field[3]}`,
    `${whole.replace(/,?$/, ',')}"${name}":${random.pick(SCALARS)}${field[3]}`,
  ]);
  return `${text.slice(0, field.index)}${changed}${text.slice(field.index + whole.length)}`;
}

function json(random: Random, levels: number): string {
  if (levels === 0 || random.chance(0.3)) return random.pick(SCALARS);
  const parts = Array.from({ length: random.int(0, 4) }, () => json(random, levels - 1));
  if (random.chance(0.3)) return `[${parts.join(',')}]`;
  return `{${parts.map((part) => `${JSON.stringify(random.pick(KEYS))}:${part}`).join(',')}}`;
}

function nested(random: Random, levels: number): string {
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  return `{"a":${open.repeat(levels)}1${close.repeat(levels)}}`;
}

export function withBytesChanged(random: Random, bytes: Buffer): Buffer {
  let changed = bytes;
  for (let times = random.int(1, 4); times > 0 && changed.length > 0; times -= 1) {
    const at = random.int(0, changed.length - 1);
    const piece = random.pick([
      Buffer.of(random.int(0, 255)),
      Buffer.alloc(0),
      changed.subarray(at, at + random.int(1, 20)),
      Buffer.from('\r\n'),
    ]);
    changed = Buffer.concat([changed.subarray(0, at), piece, changed.subarray(at + random.int(0, 2))]);
  }
  return changed;
}
