import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';
import { asCommand, asLines, BODY, curl, NOW_S, secret, SETTINGS, signed, uuid } from './test-capture.ts';

async function verify(...args: string[]) {
  const config = await testFile('ringback.yaml', SETTINGS);
  const { code, out, err } = await runCommand(['verify', ...args, '--json', '--config', config]);
  const said =
    out === '' ? {} : (JSON.parse(out) as { account?: string; reasons?: { code: string; text: string }[]; proven?: boolean });
  expect(out + err).not.toContain(secret);
  return { code, err, account: said.account, codes: said.reasons?.map((reason) => reason.code), proven: said.proven };
}

const verifyFiles = async (headers: string | Buffer, body: string | Buffer = BODY) =>
  verify('--headers', await testFile('headers', headers), '--body', await testFile('body', body));

const fits = { code: 0, err: '', account: uuid, codes: [], proven: true };

describe('headers and body as files', () => {
  const lower = Object.fromEntries(Object.entries(signed()).map(([name, value]) => [name.toLowerCase(), value]));
  it.each<[string, string]>([
    ['lines', asLines(signed())],
    ['CRLF, and a request line', `POST /callbot HTTP/1.1\r\nHost: x\r\n${asLines(signed(), '\r\n')}\r\n`],
    ['HTTP/2', `:method: POST\n:path: /callbot?x=1\n:authority: x\n${asLines(lower)}`],
    ['JSON', JSON.stringify(lower)],
    ['JSON with lists', JSON.stringify(Object.entries(signed()).map(([name, value]) => ({ name, value })))],
    ['a byte order mark', `\uFEFF${asLines(signed())}`],
    ['spaces around values', asLines(signed()).replaceAll(': ', ':   ').replaceAll('\n', '  \n')],
  ])('fit: %s', async (_form, headers) => {
    expect(await verifyFiles(headers)).toEqual(fits);
  });

  const reasons = (...codes: string[]) => ({ code: 1, codes });

  it('exits 1 with each reason that scripts wait for', async () => {
    const sha256 = createHash('sha256')
      .update(`${secret}&body=${BODY}&createTs=${NOW_S}&requestID=r-1&uuid=${uuid}`)
      .digest('hex')
      .toUpperCase();
    const { sign: right = '', ...unsigned } = signed();
    expect(await verifyFiles(asLines({ ...unsigned, sign: sha256 }))).toMatchObject(reasons('wrong-algorithm'));
    expect(await verifyFiles(asLines({ ...unsigned, sign: 'A'.repeat(32) }))).toMatchObject(reasons('wrong-secret'));
    expect(await verifyFiles(asLines(signed()), JSON.stringify(JSON.parse(BODY), null, 2))).toMatchObject(
      reasons('reserialised'),
    );
    expect(await verifyFiles(asLines(signed()), `${BODY}\n`)).toMatchObject(reasons('trailing-newline'));
    expect(await verifyFiles(asLines({ ...unsigned, sign: right.toLowerCase() }))).toMatchObject(reasons('lower-case'));
    expect(await verifyFiles(asLines(unsigned))).toMatchObject(reasons('header-missing'));
    expect(await verifyFiles(asLines({ ...signed(), uuid: 'nobody' }))).toMatchObject(reasons('unknown-account'));
    expect(await verifyFiles(asLines(signed(BODY, '1700000000')))).toMatchObject(reasons('stale'));
  });

  it('--at is the time at which it came', async () => {
    const files = ['--headers', await testFile('h', asLines(signed(BODY, '1700000000'))), '--body', await testFile('b', BODY)];
    expect(await verify(...files, '--at', '2023-11-14T22:30Z')).toEqual(fits);
  });

  it('says so for people', async () => {
    const config = await testFile('ringback.yaml', SETTINGS);
    const files = ['--headers', await testFile('h', asLines(signed())), '--body', await testFile('b', `${BODY}\n`)];
    const { code, out, err } = await runCommand(['verify', ...files, '--config', config]);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(
      /^refused: source voice, account \S+ \(proven: .*\)\n {2}trailing-newline: the signature fits the body without/,
    );
  });
});

describe('other captures', () => {
  it('curl -v, with the body in a file or in the command', async () => {
    const file = await testFile('curl', curl());
    expect(await verify('--curl', file, '--body', await testFile('b', BODY))).toEqual(fits);
    expect(await verify('--curl', await testFile('curl', asCommand(signed(), `'${BODY}'`)))).toEqual(fits);
    const quoted = asCommand(signed('{"a":"it\'s"}'), `$'{"a":"it\\'s"}'`);
    expect(await verify('--curl', await testFile('curl', quoted))).toEqual(fits);
    expect(await verify('--curl', await testFile('curl', `$ ${asCommand(signed(), `'${BODY}'`)}${curl()}`))).toEqual(fits);
    expect(await verify('--curl', file)).toMatchObject({ code: 1, err: expect.stringContaining('the capture has no body') });
    const missing = asCommand(signed(), '').replace('--data-raw', '--data-binary @body.json');
    expect((await verify('--curl', await testFile('curl', missing))).err).toContain('name that with --body');
  });

  const entry = (url: string, body = BODY, method = 'POST') => ({
    startedDateTime: new Date().toISOString(),
    request: {
      method,
      url,
      headers: Object.entries(signed(body)).map(([name, value]) => ({ name, value })),
      postData: { mimeType: 'application/json', text: body },
    },
  });
  const har = (...entries: object[]) => testFile('x.har', JSON.stringify({ log: { entries } }));

  it('HAR: the POST to a path of a source', async () => {
    const page = entry('https://x/page', '', 'GET');
    expect(await verify('--har', await har(page, entry('https://x/other'), entry('https://x/callbot?a=1')))).toEqual(fits);
    const two = await har(page, entry('https://x/callbot'), entry('https://x/api/v3/taskCallback', '{}'));
    expect((await verify('--har', two)).err).toContain('2 (POST /callbot), 3 (POST /api/v3/taskCallback)');
    expect(await verify('--har', two, '--entry', '3')).toEqual(fits);
    expect((await verify('--har', two, '--entry', '4')).err).toContain('no entry 4');
    expect((await verify('--har', await har(page))).err).toContain('no POST');
  });

  it('a log line tells what is likely', async () => {
    const line = { code: 'RB_SIGN_MISMATCH', source: 'voice', account: uuid, algorithm: 'md5', signLength: 32 };
    const told = (changes: object) => verify('--log-line', JSON.stringify({ ...line, ...changes }));
    expect(await told({})).toMatchObject({ code: 1, account: uuid, codes: ['wrong-secret'], proven: false });
    expect(await told({ signLength: 64 })).toMatchObject({ codes: ['wrong-algorithm', 'wrong-secret'] });
    expect(await told({ likely: 'lower-case' })).toMatchObject({ codes: ['lower-case', 'wrong-secret'] });
    expect(await told({ code: 'RB_ACCOUNT_UNKNOWN', uuid: 'x' })).toMatchObject({ codes: ['unknown-account'] });
    expect(await told({ code: 'RB_CALLBACK_STALE' })).toMatchObject({ codes: ['stale'] });
    expect(await told({ code: 'RB_SIGN_MISSING' })).toMatchObject({ codes: ['header-missing'] });
    const shown = '03:04:05 ingress  warn  callback refused  requestID=a  source=voice  code=RB_SIGN_MISMATCH';
    const more = `${shown}  account=${uuid}  algorithm=md5  signLength=64  status=401`;
    expect(await verify('--log-line', more)).toMatchObject({ account: uuid, codes: ['wrong-algorithm', 'wrong-secret'] });
    expect((await told({ code: 'RB_OVERLOADED' })).err).toContain('none of a signature');
  });

  it.each<[string, string[]]>([
    ['no input', []],
    ['two inputs', ['--log-line', '{}', '--listen']],
    ['a log line that is no JSON', ['--log-line', 'oops']],
    ['a source that is none', ['--log-line', '{"code":"x"}', '--source', 'none']],
  ])('RB_CAPTURE_INVALID: %s', async (_name, args) => {
    expect(await verify(...args)).toMatchObject({ code: 1, err: expect.stringMatching(/^RB_CAPTURE_INVALID: /) });
  });

  it.each<[string, string]>([
    ['--headers', 'no header\n'],
    ['--headers', '{"sign": {}}'],
    ['--headers', '{"sign": '],
    ['--curl', 'nothing of curl'],
    ['--har', '{}'],
    ['--har', 'oops'],
    ['--har', '{"log":{"entries":[{}]}}'],
  ])('RB_CAPTURE_INVALID without a quote: %s %s', async (option, content) => {
    const { code, err } = await verify(option, await testFile('x', content), '--body', await testFile('b', BODY));
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^RB_CAPTURE_INVALID: (?!.*(?:oops|nothing of))/) });
  });
});
