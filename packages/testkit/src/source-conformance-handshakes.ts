import { expect, it } from 'vitest';
import type { Handshake, SourceBench, SourceConformance } from './source-bench.ts';

const CHALLENGE = 'abc <b>&"ä';
const TOO_LONG = 'x'.repeat(10_000);

/** A handshake is answered with its challenge, and no callback is taken for one. */
export function describeHandshakes({ handshakes = {} }: SourceConformance, bench: SourceBench): void {
  const { source, request, verify, refused } = bench;
  const all = Object.entries(handshakes);
  const byHead = all.filter(([, handshake]) => handshake('').body === undefined);
  const byBody = all.filter(([, handshake]) => handshake('').body !== undefined);
  const headOf = (handshake: Handshake, challenge: string) => ({
    ...request({ body: Buffer.alloc(0) }),
    headers: {},
    method: handshake(challenge).method,
    query: handshake(challenge).query,
  });
  const signed = (handshake: Handshake, challenge: string) => request({ body: Buffer.from(handshake(challenge).body ?? '') });

  it('serves no method beside those of its callbacks and handshakes', () => {
    const used = byHead.map(([, handshake]) => handshake('').method);
    expect(source.greetMethods ?? []).toEqual([...new Set(used)].filter((method) => !source.methods.includes(method)));
  });

  it.each(byHead)('answers a handshake in the query as plain text: %s', (_name, handshake) => {
    const answer = source.greet?.(headOf(handshake, CHALLENGE));
    expect(answer).toMatchObject({ status: 200, body: CHALLENGE, contentType: expect.stringMatching(/^text\/plain/) });
    expect(source.greet?.(headOf(handshake, TOO_LONG))).toBeUndefined();
    expect(source.greet?.({ ...headOf(handshake, CHALLENGE), query: 'other=1' })).toBeUndefined();
  });

  it.each(byHead)('takes no callback for a handshake in the query, whatever its query: %s', (_name, handshake) => {
    const callback = { ...request(), query: handshake(CHALLENGE).query };
    for (const length of [{ 'content-length': ['9'] }, { 'transfer-encoding': ['chunked'] }])
      expect(source.greet?.({ ...callback, headers: { ...callback.headers, ...length } })).toBeUndefined();
  });

  it.each(byBody)('answers a handshake in a signed body as plain text, and no other: %s', (_name, handshake) => {
    const answer = source.greetVerified?.(verify(signed(handshake, CHALLENGE)));
    expect(answer).toMatchObject({ status: 200, body: CHALLENGE, contentType: expect.stringMatching(/^text\/plain/) });
    expect(source.greetVerified?.(verify(signed(handshake, TOO_LONG)))).toBeUndefined();
    expect(source.greetVerified?.(verify(request()))).toBeUndefined();
    expect(refused({ ...signed(handshake, CHALLENGE), headers: request().headers }).code).toBe('RB_SIGN_MISMATCH');
  });
}
