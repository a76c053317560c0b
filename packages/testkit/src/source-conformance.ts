import { callbackKey, type InboundRequest } from '@ringback/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AT,
  watchCompares,
  createSourceBench,
  errorOf,
  NAME,
  receive,
  type SourceBench,
  type SourceConformance,
} from './source-bench.ts';
import { describeAnyBytes, describeChangedBodies } from './source-conformance-bodies.ts';

/** The one suite that every source type is held by. Call it at the top level of the type's test file. */
export function describeSourceConformance(options: SourceConformance): void {
  describe(`source ${options.type.type}: conformance`, () => {
    const bench = createSourceBench(options);
    describeRight(options, bench);
    describeHeaders(options, bench);
    describeChangedBodies(bench);
    describeAnyBytes(options, bench);
    describeKeys(options, bench);
    describeAnswers(bench);
  });
}

function describeRight(options: SourceConformance, bench: SourceBench): void {
  const { source, sender } = bench;

  it('takes what its own sender signs, of every kind, as the very text that came', () => {
    for (const kind of sender.kinds) {
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
    const { headers } = source.verify(request);
    expect(headers).toMatchObject({ 'x-trace': ['t'] });
    for (const name of ['cookie', 'authorization', options.headers[0]]) expect(headers).not.toHaveProperty(name);
  });

  it('judges the head before the body is there as it judges both', () => {
    const { body, ...head } = bench.request();
    expect(source.precheck(head)(body)).toEqual(source.verify({ ...head, body }));
  });

  it('compares signatures in constant time, and by nothing else: as often for a wrong one as for a right one', () => {
    const watched = watchCompares();
    const compares = (request: InboundRequest) => watched(() => errorOf(() => source.verify(request)));
    const right = compares(bench.request());
    expect(right).toContain(true);
    const [sign] = options.headers;
    const other = bench.request({ body: Buffer.from('{"another":1}') }).headers[sign];
    expect(compares(bench.request({ headers: { [sign]: other } }))).toEqual(right.map(() => false));
  });
}

function describeHeaders({ headers, tolerance }: SourceConformance, { source, request, refused }: SourceBench): void {
  it.each(headers)('refuses a callback whose header %s is missing, doubled, empty or no text', (name) => {
    const [right = ''] = request().headers[name] ?? [];
    expect(right).not.toBe('');
    for (const values of [undefined, [right, right], [''], [' '], ['\xff\xfe'], ['x'.repeat(10_000)], [`${right}\x01`]]) {
      expect(refused(request({ headers: { [name]: values } })).code).toMatch(/^RB_(HEADER|SIGN|ACCOUNT|CALLBACK)_/);
    }
  });

  it.each(tolerance === undefined ? [] : [tolerance])(
    'refuses what was signed more than %d ms from now, and takes what is just in time',
    (allowed) => {
      for (const off of [-allowed - 2000, allowed + 2000, -86_400_000 * 365]) {
        expect(refused(request({ at: AT + off })).code).toBe('RB_CALLBACK_STALE');
      }
      for (const off of [-allowed + 2000, allowed - 2000])
        expect(errorOf(() => source.verify(request({ at: AT + off })))).toBeUndefined();
    },
  );
}

function describeKeys({ keyIs }: SourceConformance, bench: SourceBench): void {
  const keyOf = (id: string, serial: number) => {
    const body = Buffer.from(JSON.stringify({ id: `evt_${serial}`, n: serial, callId: `c${serial}` }));
    return callbackKey(bench.source.verify(bench.request({ requestID: id, body })));
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
    const refusals = [
      ['RB_SIGN_MISMATCH', 401],
      ['RB_BODY_INVALID', 400],
      ['RB_BODY_TOO_LARGE', 413],
      ['RB_OVERLOADED', 503],
      ['RB_INTERNAL', 500],
    ] as const;
    for (const [code, status] of refusals) {
      const answer = source.answer({ kind: 'refused', code, status, message: `${code}: why`, responseID: 'trace-2' });
      expect(sender.readAnswer(answer)).toMatchObject({ acked: false });
      expect(answer).toMatchObject({ status, body: expect.stringContaining('trace-2') });
      expect(answer.body).toContain(`${code}: why`);
    }
  });
}
