import { createSecret, RingbackError, SILENT } from '@ringback/contracts';
import { createSources } from '@ringback/sources';
import { expect, it, vi } from 'vitest';
import { createRefusalStreaks } from './refusal-streaks.ts';

type Line = Readonly<Record<string, unknown>>;

const WAIT = { timeout: 30_000, interval: 5 };

function createStreaks() {
  const lines: Line[] = [];
  let ms = 0;
  const logger = { ...SILENT, warn: (line: object) => void lines.push({ ...line }) };
  // Each look at the clock takes 1 ms, so a search works as long as it has steps.
  const streaks = createRefusalStreaks({ logger, now: () => 1_700_000_000_000, clock: () => (ms += 1) });
  const sources = createSources(['one', 'two'].map(hmacSource));
  const error = new RingbackError('RB_SIGN_MISMATCH', 'the signature does not fit');
  const refuse = (index: number, { body = '{}', times = 1 } = {}) => {
    const [source, headers] = [sources[index], { 'x-signature': ['ab'.repeat(32)] }];
    if (!source) throw new Error(`no source ${index}`);
    const head = { method: 'POST', path: source.paths[0] ?? '', query: '', headers, receivedAt: 0 };
    for (let count = 0; count < times; count += 1)
      streaks.refused({ source, account: source.name, error, head, body: Buffer.from(body) });
  };
  return { refuse, lines, pass: (more: number) => (ms += more), clock: () => ms };
}

const hmacSource = (name: string) => ({
  name,
  type: 'hmac',
  settings: {
    path: `/${name}`,
    secrets: [createSecret('a-secret-of-this-test')],
    signature: { header: 'x-signature', signs: '{body}', algorithm: 'sha256', encoding: 'hex' },
    answer: { status: 200 },
  },
});

it('searches for one account at a time, and for 1 % of the time', async () => {
  const { refuse, lines, pass, clock } = createStreaks();
  refuse(0, { times: 5 });
  refuse(1, { times: 20 });
  await vi.waitFor(() => expect(lines).toMatchObject([{ account: 'one', refusals: 5, cause: 'wrong-secret' }]), WAIT);
  // The search is over, and the rest has begun.
  const worked = clock();
  refuse(1, { times: 20 });
  pass(worked * 10);
  refuse(1);
  pass(worked * 100);
  refuse(1);
  await vi.waitFor(() => expect(lines).toHaveLength(2), WAIT);
  expect(lines[1]).toMatchObject({ account: 'two', refusals: 42 });
  // Each account has its line, for 10 minutes.
  pass(worked * 10_000);
  refuse(0);
  refuse(1);
  expect(lines).toHaveLength(2);
});

it.each<[string, string, string]>([
  ['is nested deeply', `${'['.repeat(8190)}${']'.repeat(8190)}`, 'nested deeper than 100 levels'],
  ['is larger than 16 KiB', `["${'x'.repeat(16 * 1024)}"]`, 'larger than 16 KiB'],
])('the line says what was not tried: the body %s', async (_what, body, why) => {
  const { refuse, lines } = createStreaks();
  refuse(0, { body, times: 5 });
  await vi.waitFor(() => expect(lines).toHaveLength(1), WAIT);
  expect(lines[0]).toMatchObject({ cause: 'wrong-secret', proven: false, untried: expect.stringContaining(why) });
});
