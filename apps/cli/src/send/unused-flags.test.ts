import { describe, expect, it } from 'vitest';
import { runCli, testFile } from '../run-cli.ts';

const SETTINGS = `
sources:
  - { name: bot, type: callbot, accounts: [{ uuid: u, secrets: [s] }] }
  - { name: here, type: hmac, path: /h, secrets: [s], signature: { header: x-s }, id: { header: x-id }, event: { header: x-e } }
  - { name: body, type: hmac, path: /b, secrets: [s], signature: { header: x-s }, id: { json: id }, event: { json: type } }
  - { name: bare, type: hmac, path: /n, secrets: [s], signature: { header: x-s } }
outputs: [{ name: console, type: stdout }]
routes: [{ to: [console] }]
`;

/** The warnings of a command with this kind and source. Nothing listens at the URL. */
async function warningsOf(command: 'send' | 'route', args: readonly string[], settings = SETTINGS): Promise<string[]> {
  const config = await testFile('ringback.yaml', settings);
  const file = await testFile('body.json', '{"id":"own","type":"a.b"}');
  const url = command === 'send' ? ['--url', 'http://127.0.0.1:1'] : [];
  const given = args.map((arg) => (arg === 'FILE' ? file : arg));
  const { err } = await runCli([command, ...given, '--config', config, ...url]);
  return [...err.matchAll(/^warning: (.*)$/gm)].map(([, text = '']) => text);
}

const IN_BODY = 'has no effect: source body reads it from the body, which --file gives';

describe('a flag without effect is a warning', () => {
  it.each([
    ['here', [], []],
    ['here', ['--file', 'FILE'], []],
    ['body', [], []],
    ['body', ['--file', 'FILE'], [`--request-id ${IN_BODY}`, `--event ${IN_BODY}`]],
    [
      'bare',
      [],
      [
        '--request-id has no effect: source bare has callbacks without an id of their own',
        '--event has no effect: source bare has callbacks without an event of their own',
      ],
    ],
  ])('of source %s with %j: %j', async (source, file, warnings) => {
    const args = ['event', '--source', source, '--event', 'x.y', ...file];
    expect(await warningsOf('send', [...args, '--request-id', 'mine'])).toEqual(warnings);
    expect(await warningsOf('route', args)).toEqual(warnings.filter((text) => text.startsWith('--event')));
  });

  it('for a callbot too, whose callbacks have no event', async () => {
    expect(await warningsOf('send', ['task', '--request-id', 'mine'])).toEqual([]);
    expect(await warningsOf('send', ['task', '--event', 'x'])).toEqual([
      expect.stringMatching(/^--event has no effect: source bot/),
    ]);
  });

  it('where a header would name the event, and no secret is set', async () => {
    const settings = SETTINGS.replaceAll('[s]', '["${UNSET}"]');
    expect(await warningsOf('route', ['event', '--source', 'here', '--event', 'x.y'], settings)).toEqual([
      '--event has no effect: source here has no secret set, so its headers are not made',
    ]);
  });
});

it('says in the help what a repeated --request-id makes', async () => {
  const { out } = await runCli(['send', '--help']);
  expect(out.replaceAll(/\s+/g, ' ')).toContain(
    'The sample holds the time, so a later run is a conflict; with --file it is a repeat',
  );
});
