import { expect, it } from 'vitest';
import { check } from './check.ts';
import { testFile } from '../run-cli.ts';

/** What `ringback check` warns of, without `warning: ` and the file. */
async function warningsOf(more: string): Promise<string[]> {
  const sources = 'sources: [{ name: voice, type: callbot, accounts: [{ uuid: acc, secrets: [hush] }] }]';
  const file = `${more}\n${sources}\noutputs: [{ name: crm, type: stdout }]\nroutes: [{ to: [crm] }]\n`;
  const path = await testFile('ringback.yaml', file);
  const err: string[] = [];
  check({ path, env: {}, strict: false, terminal: { out: () => {}, err: (line) => void err.push(line) } });
  return err.map((line) => line.replace(`warning: ${path}:`, ''));
}

const SQLITE = 'history: { store: sqlite, path: a.sqlite }';

it.each([
  [
    'a file, with a Redis of several machines',
    `${SQLITE}\nredis: { cluster: { nodes: ['127.0.0.1:1', '10.0.0.1:6379'] } }`,
    /^1:19 history\.store: sqlite is right only if all workers and commands run on one machine/,
  ],
  [
    'a file, with Sentinel on several machines',
    `${SQLITE}\nredis: { sentinel: { name: m, nodes: ['[::1]:1', 'sentinel:2'] } }`,
    /^1:19 history\.store: sqlite is right only if/,
  ],
  [
    'bodies that would be kept for longer than their callbacks',
    'history: { store: sqlite, path: a.sqlite, keep: 1d }',
    /^1:\d+ history.*\.keepBodies: is more than keep/,
  ],
])('is a warning: %s', async (_what, more, warning) => {
  expect(await warningsOf(more)).toEqual([expect.stringMatching(warning)]);
});

it.each([
  SQLITE,
  `${SQLITE}\nredis: { cluster: { nodes: ['127.0.0.1:1', '[::1]:2', 'localhost:3'] } }`,
  "history: { store: postgres, url: 'postgres://h/db' }\nredis: { cluster: { nodes: ['10.0.0.1:6379'] } }",
  'history: { store: sqlite, path: a.sqlite, keep: 7d, keepBodies: 7d }',
])('is none: %s', async (more) => expect(await warningsOf(more)).toEqual([]));

it.each([
  ['a folder', '.', /^1:\d+ history\.path: is a folder: name a file$/],
  ['in a file', 'ringback.yaml/a.sqlite', /history\.path: cannot be made: .*ringback\.yaml is no folder$/],
  ['in a file, deeper', 'ringback.yaml/b/a.sqlite', /history\.path: cannot be made: /],
])('is a warning: a path that is %s', async (_what, path, warning) => {
  expect(await warningsOf(`history: { store: sqlite, path: ${path} }`)).toEqual([expect.stringMatching(warning)]);
});

it('is none: a file in a folder that can be made', async () => {
  expect(await warningsOf('history: { store: sqlite, path: not/yet/a.sqlite }')).toEqual([]);
});
