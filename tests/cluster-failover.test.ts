import { printed, type RedisSet, startCluster } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { installOn, replaced } from './failover-load.ts';

type Server = Awaited<ReturnType<RedisSet['primary']>>;

/** As `redis-cli --cluster reshard` does it: keys go one portion after another, and the slot is on two nodes meanwhile. */
async function moveOurSlot({ servers, ask, primary }: RedisSet): Promise<void> {
  const from = await primary();
  const slot = Number(await ask(from, 'CLUSTER', 'KEYSLOT', '{ringback:0}:'));
  const idOf = async (server: Server) => String(await ask(server, 'CLUSTER', 'MYID'));
  const roles = await Promise.all(servers.map(async (server) => [server, String(await ask(server, 'ROLE'))] as const));
  const primaries = roles.filter(([, role]) => role.startsWith('master')).map(([server]) => server);
  const to = primaries.find((server) => server !== from);
  if (to === undefined) throw new Error('no other primary');
  await ask(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(from));
  await ask(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', await idOf(to));
  for (;;) {
    const keys = await ask(from, 'CLUSTER', 'GETKEYSINSLOT', slot, 20);
    if (!Array.isArray(keys) || keys.length === 0) break;
    await ask(from, 'MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys.map(String));
  }
  for (const server of [to, ...primaries]) await ask(server, 'CLUSTER', 'SETSLOT', slot, 'NODE', await idOf(to));
}

it('with a Redis Cluster, nothing acked is lost when a primary is killed or hangs or our slot moves, and service returns by itself', async () => {
  const set = await startCluster();
  const { survives, env, ingress, worker } = await installOn(set);
  expect(await printed(env, 'outputs')).toContain('crm');

  await survives('killed', async () => {
    const primary = await set.primary();
    await primary.kill();
    await replaced(set, primary);
    // What a supervisor does. It comes back as a replica.
    await primary.start();
  });
  await survives('hung', async () => {
    const primary = await set.primary();
    primary.pause();
    await replaced(set, primary);
    primary.resume();
  });
  await survives('handed over', () => set.failOver());
  await survives('moved', () => moveOurSlot(set));
  for (const { process } of [ingress, worker]) await process.line('redis has another primary');
  expect(worker.process.lines.filter(({ code }) => code === 'RB_WORKER_STUCK')).toEqual([]);
}, 300_000);
