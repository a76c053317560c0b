import type { Kept, KeptStore } from '@ringback/queue';
import { describe, expect, it } from 'vitest';
import { actOnKept, listKept, showKept } from './kept.ts';

const kept = (id: string, change: Partial<Kept> = {}): Kept => ({
  queue: 'output.crm',
  id,
  kind: 'delivery',
  output: 'crm',
  callbacks: [{ id: `r-${id}`, source: 's', account: 'a', type: 't' }],
  reason: 'HTTP 410',
  fault: 'theirs',
  attempts: 1,
  time: 0,
  payload: { phone: '13800138000' },
  ...change,
});

/** A store that a test fills, and that notes what is done to it. */
function setUp(entries: readonly Kept[], problem?: string) {
  const done: string[] = [];
  const out: string[] = [];
  const err: string[] = [];
  const slept: number[] = [];
  const act =
    (action: string) =>
    async ({ id }: Kept) => {
      done.push(`${action} ${id}`);
      return problem;
    };
  const store: KeptStore = {
    async *find(filter) {
      yield* entries.filter(({ id }) => filter.id === undefined || filter.id === id);
    },
    replay: act('replay'),
    purge: act('purge'),
    close: async () => {},
  };
  const terminal = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) };
  const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  return { context: { store, filter: {}, terminal, ...clock }, done, out, err, slept };
}

const acting = { yes: true, json: false } as const;

describe('what is kept', () => {
  it('is listed as a table without personal data, at most so many, and nothing in it moves the cursor', async () => {
    const { context, out } = setUp([kept('a', { reason: 'HTTP 400: \u001B[2J' }), kept('b'), kept('c')]);
    await listKept({ ...context, limit: 2, json: false });
    expect(out).toEqual([
      'SINCE                     WHERE  WHAT      FAULT   ATTEMPTS  REQUEST ID  TYPE  REASON          ID',
      '1970-01-01T00:00:00.000Z  crm    delivery  theirs  1         r-a         t     HTTP 400: ?[2J  a',
      '1970-01-01T00:00:00.000Z  crm    delivery  theirs  1         r-b         t     HTTP 410        b',
      '… and more: these are the first 2 (--limit)',
    ]);
  });

  it('names the first few callbacks of a batch', async () => {
    const callbacks = ['1', '2', '3', '4', '5'].map((id) => ({ id, source: 's', account: 'a', type: 't' }));
    const { context, out } = setUp([kept('b', { kind: 'batch', callbacks })]);
    await listKept({ ...context, limit: 50, json: false });
    expect(out[1]).toContain('  1,2,3,+2  ');
  });

  it('is listed as JSON, an object a line, without personal data, which only show tells', async () => {
    const { context, out } = setUp([kept('a'), kept('b')]);
    await listKept({ ...context, limit: 50, json: true });
    expect(out.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { id: 'a', callbacks: [{ requestID: 'r-a' }] },
      { id: 'b' },
    ]);
    expect(out.join()).not.toContain('138');
    expect(await showKept({ opened: (payload) => payload, ...context, filter: { id: 'b' } })).toBe(true);
    expect(out[2]).toContain('13800138000');
    expect(await showKept({ opened: (payload) => payload, ...context, filter: { id: 'z' } })).toBe(false);
  });

  it('is replayed one by one without more ado, and purged, or replayed all together, only when --yes is said', async () => {
    const { context, done, err } = setUp([kept('a'), kept('b')]);
    const asked = { ...acting, yes: false };
    expect(await actOnKept({ ...context, ...asked, action: 'replay' })).toBe(false);
    expect(await actOnKept({ ...context, ...asked, action: 'purge' })).toBe(false);
    expect(await actOnKept({ ...context, ...asked, filter: { id: 'a' }, action: 'purge' })).toBe(false);
    expect(err.map((line) => line.split(':')[0])).toEqual(['2 would be replayed', '2 would be purged', '1 would be purged']);
    expect(done).toEqual([]);
    expect(await actOnKept({ ...context, ...asked, filter: { id: 'a' }, action: 'replay' })).toBe(true);
    expect(await actOnKept({ ...context, ...acting, action: 'purge' })).toBe(true);
    expect(done).toEqual(['replay a', 'purge a', 'purge b']);
  });

  it('is replayed oldest first and purged newest first, each once, even if a page shows it twice', async () => {
    const { context, done } = setUp([kept('c'), kept('b'), kept('b'), kept('a')]);
    await actOnKept({ ...context, ...acting, action: 'replay' });
    await actOnKept({ ...context, ...acting, action: 'purge' });
    expect(done).toEqual(['replay a', 'replay b', 'replay c', 'purge c', 'purge b', 'purge a']);
  });

  it('is replayed no faster than it is told', async () => {
    const { context, slept } = setUp([kept('a'), kept('b'), kept('c')]);
    await actOnKept({ ...context, ...acting, action: 'replay', rate: 50 });
    expect(slept).toEqual([20, 40]);
  });

  it('and why it could not be done is said, for each', async () => {
    const { context, out, err } = setUp([kept('a')], 'no longer there');
    expect(await actOnKept({ ...context, ...acting, action: 'replay' })).toBe(false);
    expect([out, err]).toEqual([['replayed 0 of 1'], ['not replayed: a: no longer there']]);
  });

  it('and of many that fail for one reason the first few are named, and the rest counted', async () => {
    const { context, out, err } = setUp(
      Array.from({ length: 13 }, (_, index) => kept(`${index}`)),
      'RB_OUTPUT_REMOVED: gone',
    );
    expect(await actOnKept({ ...context, ...acting, action: 'replay' })).toBe(false);
    expect(out).toEqual(['replayed 0 of 13']);
    expect(err).toHaveLength(6);
    expect(err.at(-1)).toBe('not replayed: 8 more: RB_OUTPUT_REMOVED: gone');
  });
});
