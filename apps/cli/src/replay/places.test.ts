import { startRedisServer } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { withRedis } from '../reach/with-redis.ts';
import { testFile } from '../run-cli.ts';
import { openReplayPlaces } from './places.ts';

const MIB = 1024 * 1024;
const DEADLINE = { timeout: 20_000, interval: 10 };

const SETTINGS = `
redis: { prefix: p }
history: { store: sqlite, path: history.sqlite }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [s3cret-value] }] }]
outputs:
  - { name: usual, type: stdout }
  - { name: share, type: stdout, backlog: { max: 25% } }
  - { name: drops, type: stdout, backlog: { max: 25%, over: drop } }
  - { name: slow, type: stdout, backlog: { max: 25% }, rateLimit: { max: 1, per: 1s } }
routes: [{ to: [usual, share, drops, slow] }]
`;

it('heeds a backlog that is a share of the memory, and the share that an output has by default', async () => {
  const { url } = await startRedisServer({ settings: ['--maxmemory', '64mb', '--maxmemory-policy', 'noeviction'] });
  const config = await testFile('ringback.yaml', SETTINGS);
  await withRedis({ env: { REDIS_URL: url }, config }, async (reached) => {
    const stop = new AbortController();
    const { places, room, close } = await openReplayPlaces(reached, stop.signal);
    onTestFinished(close);
    const [first] = places;
    if (first === undefined) throw new RangeError('there is a shard');
    // Four outputs share half of the 80 % up to which callbacks are taken.
    for (const [output, half] of Object.entries({ usual: 3.2 * MIB, share: 8 * MIB, drops: 8 * MIB, slow: 8 * MIB })) {
      const note = (bytes: number) => first.redis.hset(`${first.prefix}:backlog`, `${output}.bytes`, Math.floor(bytes));
      const wanted = new Map([[first.number, [{ output }]]]);
      const tell = vi.fn<(why: string) => void>();
      await note(half + 10);
      const waiting = room.wait(wanted, tell);
      await vi.waitFor(() => expect(tell).toHaveBeenCalledWith(`half of the backlog of output ${output} is used`), DEADLINE);
      await note(half - 10);
      expect(await waiting).toBe(true);
    }
  });
});
