import { sampleDelivery } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { writeEnvelope } from './envelope.ts';

it('splices the body in as the very text that came', () => {
  const body = ' {"n": 12345678901234567890,\r\n "r":1.10, "e":"\\u0026 <é>", "r": 2 }\n';
  const { callback } = sampleDelivery({ id: 'r"1', source: 's', account: 'a', type: 't', time: 1_700_000_000_000, body });
  const head = '{"type":"t","timestamp":"2023-11-14T22:13:20.000Z","requestID":"r\\"1","source":"s","account":"a"';
  expect(writeEnvelope(callback)).toBe(`${head},"data":${body}}`);
  expect(JSON.parse(writeEnvelope(callback))).toMatchObject({ requestID: 'r"1', data: { e: '& <é>' } });
});
