import { Command } from 'commander';
import { expect, it } from 'vitest';
import { filterOf, withFilters } from './filter-options.ts';

function parse(...args: readonly string[]) {
  const command = withFilters(new Command().exitOverride().configureOutput({ writeErr: () => {} })).option('--limit <n>');
  command.parse(args, { from: 'user' });
  return filterOf(command.opts());
}

it('options become a filter, ids as they come from a clipboard, and nothing else gets in', () => {
  const ids = parse('--id', ' "r-1",', '--task', '7 ', '--limit', '3');
  expect(ids).toEqual({ id: 'r-1', task: '7' });
  expect(parse('--state', 'dead', '--since', '1970-01-01T00:00:01Z', '--text', ' a ')).toEqual({
    state: 'dead',
    since: 1000,
    text: ' a ',
  });
  expect(() => parse('--state', 'lost')).toThrow('delivered');
});
