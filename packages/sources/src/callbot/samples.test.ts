import { describe, expect, it } from 'vitest';
import { SAMPLE_KINDS, sampleBody } from './samples.ts';
import { createCallbotSender } from './sender.ts';
import { decode, receive as receiveFrom, oracleHeaders, SECRET, SIGNED_AT_S, testSource, UUID } from './test-source.ts';

const account = { uuid: UUID, secrets: [SECRET, 'next'] };

type Signed = { body: string; requestID: string; at?: number };

/** Signed headers as a server sees them. */
function sign(by: object, { body, requestID, at = SIGNED_AT_S * 1000 }: Signed): Record<string, string[]> {
  const sender = createCallbotSender({ settings: decode({ accounts: [by] }) });
  const headers = sender.sign({ kind: 'task', body: Buffer.from(body), requestID, at });
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]));
}

describe('sample callbacks', () => {
  const samples = [
    ...[1, 2, 3, 4, 5].map((status) => ({ kind: 'task' as const, status })),
    { kind: 'order' as const },
    { kind: 'call' as const },
  ];

  it.each(samples.flatMap((sample) => [1, 2, 3, 4, 1234].map((serial) => ({ ...sample, serial }))))('%j is taken', (sample) => {
    const body = sampleBody({ ...sample, at: SIGNED_AT_S });
    const headers = sign(account, { body, requestID: 'r' });
    const { type } = receiveFrom(testSource(), {
      method: 'POST',
      query: '',
      headers,
      body: Buffer.from(body),
      path: '/callbot',
      receivedAt: 0,
    });
    expect(type.split('.')[1]).toBe(sample.kind);
  });

  it('cover every kind', () => expect(new Set(samples.map(({ kind }) => kind))).toEqual(new Set(SAMPLE_KINDS)));

  it('differ by serial', () => {
    for (const kind of SAMPLE_KINDS)
      expect(sampleBody({ kind, at: 1, serial: 1 })).not.toBe(sampleBody({ kind, at: 1, serial: 2 }));
  });
});

describe("the provider's side", () => {
  it.each(['md5', 'sha256'] as const)('signs like the oracle: %s, any script in the requestID', (algorithm) => {
    const input = { requestID: '牛-é', createTs: '1700000001', algorithm };
    const headers = sign({ ...account, algorithm }, { body: '{"牛": 1}', requestID: input.requestID, at: 1_700_000_001_999 });
    expect(headers).toMatchObject(oracleHeaders('{"牛": 1}', input));
  });
});
