import { once } from 'node:events';
import { request } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { RingbackError } from '@ringback/contracts';
import { expect, it, vi } from 'vitest';
import { loadSettings } from '../reach/load-settings.ts';
import { startCli, testFile } from '../run-cli.ts';
import { readCurl } from './curl-text.ts';
import { readHar } from './har.ts';
import { readHeaderFile } from './header-file.ts';
import { asCommand, asLines, BODY, curl, secret, SETTINGS, signed, uuid } from './test-capture.ts';
import { sourcesOf, tellVerdict, type Verdict, verifyCapture } from './verify.ts';

it('no garbage crashes it', async () => {
  const settings = loadSettings({ path: await testFile('ringback.yaml', SETTINGS), env: {} });
  const sources = sourcesOf(settings, 'voice');
  const whole = Buffer.from(`${asLines(signed())}\n${curl()}\n${asCommand(signed(), `'${BODY}'`)}`);
  const forms = [readHeaderFile, readCurl, (bytes: Buffer) => readHar(bytes, { paths: [] })];
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const outcomes = new Set<string>();
  for (let round = 0; round < 600; round += 1) {
    const from = round % 4 === 0 ? 0 : random(whole.length);
    const bytes = Buffer.from(whole.subarray(from, whole.length - random(40)));
    for (let times = 0; times < round % 9; times += 1) if (bytes.length > 0) bytes[random(bytes.length)] = random(256);
    for (const read of forms)
      outcomes.add(outcomeOf(() => verifyCapture({ sources, capture: { ...read(bytes), body: bytes }, now: 0 })));
  }
  expect(outcomes).toContain('RB_CAPTURE_INVALID');
  expect(outcomes).toContain('1 reason');
  expect([...outcomes].filter((outcome) => !/^(?:RB_CAPTURE_INVALID|\d reason)$/.test(outcome))).toEqual([]);
});

function outcomeOf(judge: () => Verdict): string {
  try {
    const verdict = judge();
    const said = JSON.stringify([verdict, tellVerdict(verdict)]);
    return said.includes(secret) ? 'a secret' : `${verdict.reasons.length} reason`;
  } catch (error) {
    return error instanceof RingbackError ? error.code : String(error);
  }
}

it.each<[string, string, string]>([
  ['nested lists', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'nested deeper than 100 levels'],
  ['nested objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'nested deeper than 100 levels'],
  ['a large body', JSON.stringify({ list: Array.from({ length: 500_000 }, (_, index) => index) }), 'larger than 2 MiB'],
  ['much work', JSON.stringify(Array.from({ length: 20_000 }, (_, index) => `</${index}é>`)), 'from where they cost more'],
])('no body hangs or crashes it: %s', async (_name, text, why) => {
  const settings = loadSettings({ path: await testFile('ringback.yaml', SETTINGS), env: {} });
  const capture = { ...readHeaderFile(Buffer.from(asLines(signed()))), body: Buffer.from(text) };
  const effort = { bytes: 64 * 1024 * 1024 };
  const verdict = verifyCapture({ sources: sourcesOf(settings, 'voice'), capture, now: 0, effort });
  expect(verdict).toMatchObject({ proven: false, untried: expect.stringContaining(why) });
  expect(verdict.reasons[0]?.code).toBe('wrong-secret');
  expect(tellVerdict(verdict).at(-1)).toBe(`  not tried: ${verdict.untried}`);
});

it('what a capture holds does not control the terminal', () => {
  const evil = '\u001b[31mEVIL\u0007';
  const post = (name: string, value: unknown) => ({
    request: { method: 'POST', url: `http://x/${evil}`, headers: [{ name, value }] },
  });
  const har =
    (...entries: object[]) =>
    () =>
      readHar(Buffer.from(JSON.stringify({ log: { entries } })), { paths: [] });
  expect(har(post('a', 'b'), post('a', 'b'))).toThrow('POST /?[31mEVIL?');
  expect(har(post(evil, {}))).toThrow('header ?[31mEVIL? is no text');
});

it('a URL of many # is cut in no time', () => {
  const sent = { method: 'POST', url: `/a${'#'.repeat(500_000)}\n`, headers: [], postData: { text: '' } };
  const har = Buffer.from(JSON.stringify({ log: { entries: [{ request: sent }] } }));
  expect(readHar(har, { paths: [] })).toMatchObject({ path: '/a', query: '' });
});

function notYet(out: string): never {
  throw new Error(`not listening yet: ${out}`);
}

it('--listen stands in for the ingress, and answers as the source does', async () => {
  const config = await testFile('ringback.yaml', SETTINGS);
  const child = startCli(['verify', '--listen', '0', '--json', '--config', config]);
  let out = '';
  child.stdout?.setEncoding('utf8').on('data', (more: string) => (out += more));
  const [url = ''] = await vi.waitFor(() => /http:\/\/127\.0\.0\.1:\d+/.exec(out) ?? notYet(out), 60_000);
  const post = async (body: string) => {
    const sent = request(new URL('/callbot', url), { method: 'POST', headers: signed() }).end(body);
    const [answer] = await once(sent, 'response');
    return JSON.parse(await readText(answer)) as unknown;
  };
  expect(await post(BODY)).toMatchObject({ retCode: 0 });
  expect(await post(`${BODY}\n`)).toMatchObject({ retCode: 6, retMsg: 'RB_SIGN_MISMATCH: trailing-newline' });
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  expect(await post(deep)).toMatchObject({ retMsg: 'RB_SIGN_MISMATCH: wrong-secret' });
  await vi.waitFor(() => expect(out.trim().split('\n')).toHaveLength(4), 30_000);
  const [, good = '', bad = '', nested = ''] = out.split('\n');
  expect(JSON.parse(nested)).toMatchObject({ proven: false, untried: expect.stringContaining('nested deeper than 100 levels') });
  expect(JSON.parse(good)).toMatchObject({ path: '/callbot', account: uuid, reasons: [] });
  expect(JSON.parse(bad)).toMatchObject({ reasons: [{ code: 'trailing-newline' }], proven: true });
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
