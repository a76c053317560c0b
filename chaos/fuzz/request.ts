import { SAMPLE_ACCOUNT, sign } from '@ringback/testkit/bare';
import type { Random } from '../random.ts';
import { anyBody } from './body.ts';

/** Header values are latin1, as in Node. */
export type FuzzRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
};

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

const REQUEST_IDS = [
  '',
  ' ',
  'x'.repeat(513),
  'x'.repeat(10_000),
  latin1('牛小信😀'),
  '\u00ff\u00fe',
  'a\tb',
  '\u0085',
  'a,b',
  '__proto__',
];
const TIMES = [
  '',
  '0',
  '-1',
  'yesterday',
  '1e9',
  '9'.repeat(12),
  '9'.repeat(13),
  '1700000000000',
  ' 1700000000 ',
  '0x10',
  latin1('１７'),
];
const UUIDS = ['', 'nobody', 'constructor', '__proto__', SAMPLE_ACCOUNT.uuid.toLowerCase(), latin1('😀')];
const PATHS = ['/', '/nowhere', '/callbot/', '/callbot?x=1', '//callbot', '/%zz', '/api/v3', '/CALLBOT', '/callbot#x', '*'];
// Not HEAD: no body to check.
const METHODS = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];
const ODD_HEADERS: readonly (readonly [string, string])[] = [
  ['content-type', ';;;'],
  ['content-type', 'text/html'],
  ['content-encoding', 'gzip'],
  ['expect', 'miracles'],
  ['accept-encoding', 'br'],
  ['x-forwarded-for', 'x'.repeat(2000)],
  ['__proto__', '1'],
  ['cookie', '\u00ff'],
];

/** Mostly valid: with several faults only the first check is reached. */
export function anyRequest(random: Random): FuzzRequest {
  const odd = <T>(usual: T, odds: readonly T[]): T => (random.chance(0.05) ? random.pick(odds) : usual);
  const body = anyBody(random);
  const requestID = odd(`r-${random.int(0, 1_000_000)}`, REQUEST_IDS);
  const createTs = odd('1700000000', TIMES);
  const uuid = odd<string>(SAMPLE_ACCOUNT.uuid, UUIDS);
  const right = sign({
    body,
    requestID: Buffer.from(requestID, 'latin1'),
    createTs: Buffer.from(createTs, 'latin1'),
    uuid: Buffer.from(uuid, 'latin1'),
  });
  const signature = odd(right, [right.toLowerCase(), right.slice(1), `${right}0`, '', 'A'.repeat(64), latin1('é'.repeat(32))]);
  const headers: (readonly [string, string])[] = [
    ['requestID', requestID],
    ['uuid', uuid],
    ['createTs', createTs],
    ['sign', signature],
  ];
  if (random.chance(0.05)) headers.splice(random.int(0, 3), 1);
  if (random.chance(0.05)) headers.push(random.pick(headers));
  if (random.chance(0.1)) headers.push(random.pick(ODD_HEADERS));
  return { method: odd('POST', METHODS), path: odd('/callbot', PATHS), headers, body };
}
