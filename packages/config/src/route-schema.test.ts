import { expect, it } from 'vitest';
import { problems, settings } from './test-settings.ts';

const route = (keys: string) => problems(settings({ routes: `routes: [{ ${keys} }]` }));

it.each([
  ['neither delivers nor drops', 'match: a', '4:10 routes[0]: a mapping has neither to nor drop; write one of them'],
  ['delivers and drops', 'to: [out], drop: why', '4:10 routes[0]: a mapping has both to and drop; write one of them'],
  ['gives no reason', "drop: ''", '4:18 routes[0].drop: is empty'],
  ['is mistyped', 'dropp: why', '4:12 routes[0].dropp: unknown key; did you mean drop? Known: match, when, to, drop'],
])('a route that %s is refused', (_what, keys, expected) => {
  expect(route(keys)).toEqual([expected]);
});

it('a route may drop what it matches', () => {
  expect(route('match: a, drop: not for us')).toEqual([]);
});
