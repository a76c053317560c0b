import { callbackKey, ERROR_CODES, type ErrorCode, type InboundRequest } from '@ringback/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AT,
  watchCompares,
  createSourceBench,
  errorOf,
  type HeaderRole,
  NAME,
  receive,
  type SourceBench,
  type SourceConformance,
} from './source-bench.ts';
import { describeAnyBytes, describeChangedBodies, describeUnfitBodies } from './source-conformance-bodies.ts';
import { describeHandshakes } from './source-conformance-handshakes.ts';
import { describeSubjects } from './source-conformance-subjects.ts';

/** Every source type passes this suite. Call it at the top level of a test file. */
export function describeSourceConformance(options: SourceConformance): void {
  describe(`source ${options.type.type}: conformance`, () => {
    const bench = createSourceBench(options);
    describeRight(bench);
    describeHeaders(options, bench);
    describeChangedBodies(bench);
    describeUnfitBodies(options, bench);
    describeAnyBytes(bench);
    describeKeys(options, bench);
    describeHandshakes(options, bench);
    describeAnswers(bench);
    describeSubjects(bench);
  });
}

function describeRight(bench: SourceBench): void {
  const { source, sender, sign, verify } = bench;

  it('takes what its own sender signs, of every kind, as the very text that came', () => {
    for (const kind of bench.kinds) {
      const body = Buffer.from(sender.sample({ kind, at: AT }));
      const headers = Object.entries(sender.sign({ kind, body, requestID: 'r', at: AT })).map(([name, value]) => [
        name.toLowerCase(),
        [value],
      ]);
      const request = { ...bench.request({ body }), headers: Object.fromEntries(headers), path: sender.path(kind) };
      expect(source.paths).toContain(request.path);
      const callback = receive(bench, request);
      expect(callback).toMatchObject({ source: NAME, body: body.toString(), receivedAt: AT });
      expect(callback.type).toMatch(/^[a-z0-9][\w-]*(\.[\w-]+)+$/);
      expect(Math.abs(callback.time - AT)).toBeLessThan(1000);
    }
  });

  it('tells of the headers all but what is secret', () => {
    const request = bench.request({ headers: { cookie: ['c'], authorization: ['a'], 'x-trace': ['t'] } });
    const { headers } = verify(request);
    expect(headers).toMatchObject({ 'x-trace': ['t'] });
    for (const name of ['cookie', 'authorization', sign]) expect(headers).not.toHaveProperty(name);
  });

  it('compares signatures in constant time, and by nothing else: as often for a wrong one as for a right one', () => {
    const watched = watchCompares();
    const compares = (request: InboundRequest) => watched(() => errorOf(() => verify(request)));
    const right = compares(bench.request());
    expect(right).toContain(true);
    const other = bench.request({ body: Buffer.from('{"another":1}') }).headers[sign];
    expect(compares(bench.request({ headers: { [sign]: other } }))).toEqual(right.map(() => false));
  });
}

type Codes = Readonly<Record<'missing' | 'empty' | 'notText' | 'tooLong' | 'control', ErrorCode>>;
const alike = (missing: ErrorCode, wrong: ErrorCode): Codes => ({
  missing,
  empty: 'RB_HEADER_INVALID',
  notText: wrong,
  tooLong: wrong,
  control: wrong,
});

/** How a source refuses a header of each role. */
const CODES: Readonly<Record<HeaderRole, Codes>> = {
  sign: alike('RB_SIGN_MISSING', 'RB_SIGN_MISMATCH'),
  'sign-field': { ...alike('RB_SIGN_MISSING', 'RB_SIGN_MISSING'), empty: 'RB_SIGN_MISSING', control: 'RB_SIGN_MISMATCH' },
  account: alike('RB_HEADER_MISSING', 'RB_ACCOUNT_UNKNOWN'),
  time: alike('RB_HEADER_MISSING', 'RB_HEADER_INVALID'),
  other: alike('RB_HEADER_MISSING', 'RB_SIGN_MISMATCH'),
  id: { ...alike('RB_HEADER_MISSING', 'RB_HEADER_INVALID'), notText: 'RB_SIGN_MISMATCH' },
};

function describeHeaders({ headers, tolerance }: SourceConformance, { verify, request, refused }: SourceBench): void {
  describe.each(Object.entries(headers))('header %s', (name, role) => {
    const [right = ''] = request().headers[name] ?? [];
    const { missing, empty, notText, tooLong, control } = CODES[role];

    it.each([
      ['is missing', missing, undefined],
      ['is sent twice', 'RB_HEADER_INVALID', [right, right]],
      ['is empty', empty, ['']],
      ['is white space', empty, [' ']],
      ['is not text', notText, ['\xff\xfe']],
      ['is too long', tooLong, ['x'.repeat(10_000)]],
      ['has a control character', control, [`${right}\x01`]],
    ])('is refused if it %s: %s', (_what, code, values) => {
      expect(right).not.toBe('');
      expect(refused(request({ headers: { [name]: values } })).code).toBe(code);
    });
  });

  it.each(tolerance === undefined ? [] : [tolerance])(
    'refuses what was signed more than %d ms from now, and takes what is just in time',
    (allowed) => {
      for (const off of [-allowed - 2000, allowed + 2000, -86_400_000 * 365]) {
        expect(refused(request({ at: AT + off })).code).toBe('RB_CALLBACK_STALE');
      }
      for (const off of [-allowed + 2000, allowed - 2000])
        expect(errorOf(() => verify(request({ at: AT + off })))).toBeUndefined();
    },
  );
}

function describeKeys({ keyIs }: SourceConformance, bench: SourceBench): void {
  const keyOf = (id: string, serial: number) => {
    const body = Buffer.from(JSON.stringify({ id: `evt_${serial}`, n: serial, callId: `c${serial}` }));
    return callbackKey(bench.verify(bench.request({ requestID: id, body })));
  };

  it(`gives equal callbacks the same key, told by their ${keyIs}, and others another one`, () => {
    const id = fc.stringMatching(/^[\w-]{1,30}$/);
    fc.assert(
      fc.property(id, id, fc.nat(5), fc.nat(5), (one, two, a, b) => {
        const same = keyIs === 'id' ? one === two : a === b;
        expect(keyOf(one, a) === keyOf(two, b)).toBe(same);
        expect(keyOf(one, a)).toBe(keyOf(one, a));
      }),
    );
  });
}

function describeAnswers({ source, sender }: SourceBench): void {
  it('answers so that its sender takes an ack for an ack, and nothing else for one', () => {
    const acked = source.answer({ kind: 'acked', responseID: 'trace-1' });
    expect(sender.readAnswer(acked)).toMatchObject({ acked: true });
    for (const code of CODES_OF_ANSWERS) {
      for (const status of [400, 401, 404, 405, 408, 413, 431, 500, 503]) {
        const answer = source.answer({ kind: 'refused', code, status, message: `${code}: why`, responseID: 'trace-2' });
        expect(sender.readAnswer(answer)).toMatchObject({ acked: false });
        expect(answer).toMatchObject({ status, body: expect.stringContaining('trace-2') });
        expect(answer.body).toContain(`${code}: why`);
      }
    }
  });
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table are its codes
const CODES_OF_ANSWERS = Object.keys(ERROR_CODES) as ErrorCode[];
