import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { HISTORY_COMMANDS, neededCommands } from './commands.ts';

const PACKAGES = fileURLToPath(new URL('../..', import.meta.url));
/** No command of its own, or done without where it is forbidden (CONFIG GET). */
const NO_COMMAND = new Set([
  'call',
  'pcall',
  'config',
  'connect',
  'disconnect',
  'pipeline',
  'duplicate',
  'emit',
  'on',
  'once',
  'off',
  'quit',
]);

const sources = globSync(['{queue,ledger,redis,history}/src/**/*.ts', 'operations/src/alerts/*.ts'], { cwd: PACKAGES })
  .filter((path) => !path.endsWith('.test.ts') && !path.includes('/test-'))
  .map((path) => readFileSync(`${PACKAGES}/${path}`, 'utf8'))
  .join('\n');

function allMatches(pattern: RegExp): string[] {
  return [...new Set([...sources.matchAll(pattern)].map(([, name = '']) => name.replace(/Buffer$/, '').toLowerCase()))];
}

it('names every command that we send, by itself or within a script of ours', () => {
  const known = new Set<string>([...neededCommands('replica'), ...neededCommands('always'), ...HISTORY_COMMANDS]);
  const inScripts = allMatches(/redis\.call\('([A-Za-z]+)'/g);
  const sent = allMatches(/\b(?:redis|pipeline)\.([a-zA-Z]+)\(/g).filter((name) => !NO_COMMAND.has(name));
  expect(inScripts.length).toBeGreaterThan(10);
  expect(sent).toContain('hkeys');
  expect([...inScripts, ...sent].filter((name) => !known.has(name))).toEqual([]);
});
