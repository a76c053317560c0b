import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { redisSpec } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { tellStory } from '../chaos/history-story/story.ts';

const PAGE = fileURLToPath(new URL('../docs/history.md', import.meta.url));

/** A command and its options, without their values. */
const shapeOf = (words: readonly string[]) => words.filter((word, index) => index === 0 || word.startsWith('--')).join(' ');

/** Of the commands in the story of docs/history.md. */
async function shapesInDocs(): Promise<string[]> {
  const page = await readFile(PAGE, 'utf8');
  const story = /\n## A story[\s\S]*?(?=\n## )/.exec(page)?.[0] ?? '';
  return [...story.matchAll(/^npm run ringback -- (.*)$/gm)].map(([, command = '']) => shapeOf(command.split(' ')));
}

it('a CRM is dead for a third of three campaigns: nothing is refused or lost, and a person finds what happened', async () => {
  const given: string[] = [];
  const { problems } = await tellStory({
    size: 'short',
    spec: redisSpec(),
    say: () => {},
    onCommand: (args) => void given.push(shapeOf(args.filter((arg) => arg !== '--json'))),
  });
  expect(problems).toEqual([]);
  const documented = await shapesInDocs();
  expect(documented).toHaveLength(5);
  expect(documented.filter((shape) => !given.includes(shape))).toEqual([]);
}, 600_000);
