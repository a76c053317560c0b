import { type RedisSet, type SlotMove, startCluster, startSlotMove } from '@ringback/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { installUnderFaults, readiness, SOON } from './server-answers.ts';

type Installed = Awaited<ReturnType<typeof installUnderFaults>>;

/** How often all nodes have answered with this error. */
async function countOf(kind: string, { servers, ask }: RedisSet): Promise<number> {
  const stats = await Promise.all(servers.map(async (server) => String(await ask(server, 'INFO', 'errorstats'))));
  return stats.reduce((sum, text) => sum + Number(new RegExp(`errorstat_${kind}:count=(\\d+)`).exec(text)?.[1] ?? 0), 0);
}

/** The ingress refuses with these words, and neither app is ready. */
async function untilRefused({ ingress, worker, post }: Installed, kind: string): Promise<void> {
  const retMsg = `RB_REDIS_REFUSES: Redis refuses to take the callback (${kind}): send it again`;
  await vi.waitFor(async () => expect(await post(`${kind}: during`)).toMatchObject({ status: 503, body: { retMsg } }), SOON);
  for (const { adminUrl } of [ingress, worker]) {
    await vi.waitFor(async () => expect(await readiness(adminUrl)).toMatchObject({ status: 503 }), SOON);
  }
}

describe('a node of a Redis Cluster that answers with', () => {
  const ends: (() => Promise<unknown>)[] = [];
  let set: RedisSet;
  let installed: Installed;

  beforeAll(async () => {
    set = await startCluster({ primaries: 2, replicas: false });
    ends.push(...set.servers.map((server) => () => server.remove()));
    installed = await installUnderFaults({ redis: set.settings, atEnd: (end) => void ends.push(end) });
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
  });

  type Fault = Omit<Parameters<Installed['survives']>[0], 'name'>;

  /** How often the nodes answered so in this time, in which no callback was lost. */
  async function answers(kind: string, fault: Fault, meanwhile = () => untilRefused(installed, kind)): Promise<number> {
    const before = await countOf(kind, set);
    await installed.survives({ name: kind, ...fault }, meanwhile);
    return (await countOf(kind, set)) - before;
  }

  it('CLUSTERDOWN, since nobody serves one of its slots, loses no callback', async () => {
    const node = await set.primary();
    const slot = Number(await set.ask(node, 'CLUSTER', 'KEYSLOT', '{ringback:0}:'));
    const begin = () => set.ask(node, 'CLUSTER', 'DELSLOTS', slot);
    const end = () => set.ask(node, 'CLUSTER', 'ADDSLOTS', slot);
    expect(await answers('CLUSTERDOWN', { begin, end })).toBeGreaterThan(0);
  }, 120_000);

  it('TRYAGAIN, since some of our keys have not moved yet, loses no callback', async () => {
    let move: SlotMove;
    const begin = async () => (move = await startSlotMove(set));
    const end = () => move.cancel();
    expect(await answers('TRYAGAIN', { begin, end })).toBeGreaterThan(0);
  }, 120_000);

  it('ASK, since all of our keys have moved and the slot has not, loses no callback', async () => {
    let move: SlotMove;
    const begin = async () => {
      move = await startSlotMove(set);
      await move.keys();
    };
    const end = () => move.finish();
    expect(await answers('ASK', { begin, end })).toBeGreaterThan(0);
  }, 120_000);

  it('MOVED, since the slot of our keys is elsewhere, loses no callback', async () => {
    const { ingress, worker } = installed;
    const follows = ({ process }: typeof worker) => process.lines.filter(({ msg }) => msg === 'redis has another primary').length;
    const before = [ingress, worker].map(follows);
    const begin = async () => {
      const move = await startSlotMove(set);
      await move.keys();
      await move.finish();
    };
    expect(await answers('MOVED', { begin, end: async () => {} }, async () => {})).toBeGreaterThan(0);
    for (const [index, app] of [ingress, worker].entries()) expect(follows(app)).toBeGreaterThan(before[index] ?? 0);
  }, 120_000);
});
