import type { SinkAnswer } from '@ringback/testkit/bare';
import type { Figures } from '../figures.ts';
import type { Scenario } from '../scenario.ts';

const MiB = 1024 ** 2;
/** Never resolves (RFC 2606). */
const ELSEWHERE = 'http://elsewhere.invalid/';

/** Answers while broken. After it recovers, everything MUST arrive. */
const PASSING: Readonly<Record<string, SinkAnswer>> = {
  hangs: 'hang',
  drips: 'drip',
  resets: 'reset',
  cuts: 'cut',
  busy: 429,
  'busy-for-1s': { status: 429, headers: { 'retry-after': '1' } },
  away: 503,
  'away-for-1s': { status: 503, headers: { 'retry-after': '1' } },
};

/** Answers until the end, and what every delivery MUST come to. */
const LASTING: Readonly<Record<string, { answer: SinkAnswer; end: 'delivered' | 'dead letter' }>> = {
  floods: { answer: { huge: 100 * MiB }, end: 'delivered' },
  gone: { answer: 410, end: 'dead letter' },
  redirects: { answer: { status: 302, headers: { location: ELSEWHERE } }, end: 'dead letter' },
};

export const breakDestinations: Scenario = {
  name: 'break-destinations',
  breaks: 'destinations, side by side: they refuse, hang, drip, reset, flood, redirect, are busy, away or gone, or speak no TLS',
  loss: 'zero',
  setup: {
    outputs: ({ url, viaProxy }) => [
      { name: 'crm', url: `${url}/crm` },
      { name: 'refuses', url: `${viaProxy}/refuses` },
      { name: 'tls', url: `${url.replace('http:', 'https:')}/tls`, retry: { giveUpAfter: '1s' }, breaker: { enabled: false } },
      ...Object.keys(LASTING).map((name) => ({ name, url: `${url}/${name}` })),
      ...Object.keys(PASSING).map((name) => ({ name, url: `${url}/${name}`, timeout: '1s' })),
    ],
  },
  async break({ answer, wayOut, pass }) {
    wayOut.refuse();
    for (const [name, broken] of Object.entries(PASSING)) answer(name, () => broken);
    for (const [name, { answer: broken }] of Object.entries(LASTING)) answer(name, () => broken);
    await pass(5000);
    for (const name of Object.keys(PASSING)) answer(name, () => 200);
    await wayOut.heal();
    await pass(5000);
  },
  check: ({ perOutput, callbacks }) =>
    Object.entries(perOutput).flatMap(([output, ends]) => expectEnd({ output, ends, callbacks, expected: expectedEnd(output) })),
};

function expectedEnd(output: string): 'delivered' | 'dead letter' {
  return output === 'tls' ? 'dead letter' : (LASTING[output]?.end ?? 'delivered');
}

type Ends = Figures['perOutput'][string];

function expectEnd(one: { output: string; ends: Ends; callbacks: number; expected: 'delivered' | 'dead letter' }): string[] {
  const { output, ends, callbacks, expected } = one;
  const count = expected === 'delivered' ? ends.delivered : ends.deadLetters;
  return count === callbacks ? [] : [`${output}: ${count} of ${callbacks} ended as ${expected}`];
}
