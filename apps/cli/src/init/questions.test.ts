import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { askAll } from './questions.ts';

const ENTER = '\r';
const DOWN = '\u001b[B';
const BACKSPACE = '\u007f';
const CTRL_C = '\u0003';
const DEADLINE = { timeout: 20_000, interval: 10 };

/** A terminal at which somebody types, each time when the question is on the screen. */
function terminal() {
  const input = new PassThrough();
  const output = new PassThrough();
  let screen = '';
  output.on('data', (chunk: Buffer) => (screen += chunk.toString()));
  const answer = async (question: string, ...keys: string[]) => {
    await vi.waitFor(() => expect(screen).toContain(question), DEADLINE);
    for (const key of keys) input.write(key);
  };
  return { streams: { input, output }, answer, screen: () => screen };
}

it('asks for source, account, output and URL', async () => {
  const { streams, answer } = terminal();
  const asked = askAll(streams);
  await answer('Where do callbacks come from', ENTER);
  await answer("The account's uuid", 'my-uuid', ENTER);
  await answer('Where do they go', DOWN, ENTER);
  await answer('URL of the webhook', 'https://crm.example.com/hook', ENTER);
  expect(await asked).toEqual({
    source: 'callbot',
    account: 'my-uuid',
    output: 'webhook',
    url: 'https://crm.example.com/hook',
  });
});

it('asks only for what the source and the output need', async () => {
  const { streams, answer } = terminal();
  const asked = askAll(streams);
  await answer('Where do callbacks come from', DOWN, DOWN, ENTER);
  await answer('Where do they go', ENTER);
  expect(await asked).toEqual({ source: 'standard-webhooks', output: 'stdout' });
});

it('takes the sample account for no answer, and no URL that is none', async () => {
  const { streams, answer } = terminal();
  const asked = askAll(streams);
  await answer('Where do callbacks come from', ENTER);
  await answer("The account's uuid", ENTER);
  await answer('Where do they go', DOWN, ENTER);
  await answer('URL of the webhook', 'ftp://crm', ENTER);
  const erased = Array.from({ length: 'ftp://crm'.length }, () => BACKSPACE);
  await answer('An http or https URL', ...erased, 'http://crm', ENTER);
  expect(await asked).toEqual({ source: 'callbot', output: 'webhook', url: 'http://crm' });
});

it.each([['Where do callbacks come from'], ['Where do they go']])('gives up at Ctrl-C at "%s"', async (question) => {
  const { streams, answer } = terminal();
  const asked = askAll(streams);
  if (question !== 'Where do callbacks come from') {
    await answer('Where do callbacks come from', DOWN, DOWN, ENTER);
  }
  await answer(question, CTRL_C);
  expect(await asked).toBeUndefined();
});
