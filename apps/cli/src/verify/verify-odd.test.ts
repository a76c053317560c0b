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
  await vi.waitFor(() => expect(out.trim().split('\n')).toHaveLength(3), 5000);
  const [, good = '', bad = ''] = out.split('\n');
  expect(JSON.parse(good)).toMatchObject({ path: '/callbot', account: uuid, reasons: [] });
  expect(JSON.parse(bad)).toMatchObject({ reasons: [{ code: 'trailing-newline' }], proven: true });
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
