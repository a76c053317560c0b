import type { PrivateRedis } from './private-redis.ts';
import type { RedisSet } from './redis-sets.ts';

const KEYS_AT_ONCE = 100;
const MOVED_WITHIN_MS = 5000;

/** A move of the slot of Ringback's keys to another primary of a cluster, as `redis-cli --cluster reshard` does it. */
export type SlotMove = {
  /** Moves the keys, one portion after another. The slot is on two nodes meanwhile. */
  keys(): Promise<void>;
  /** All nodes know the new place. */
  finish(): Promise<void>;
  /** The slot stays where it is. Only before `keys`. */
  cancel(): Promise<void>;
};

/** From now on the slot of `key` is being moved. No key of it has moved yet. */
export async function startSlotMove({ servers, ask, primary }: RedisSet, key = '{ringback:0}:'): Promise<SlotMove> {
  const from = await primary(key);
  const slot = Number(await ask(from, 'CLUSTER', 'KEYSLOT', key));
  const roles = await Promise.all(servers.map(async (server) => [server, String(await ask(server, 'ROLE'))] as const));
  const primaries = roles.filter(([, role]) => role.startsWith('master')).map(([server]) => server);
  const to = primaries.find((server) => server !== from);
  if (to === undefined) throw new Error('no other primary');
  const setSlot = (server: PrivateRedis, ...state: string[]) => ask(server, 'CLUSTER', 'SETSLOT', slot, ...state);
  const idOf = async (server: PrivateRedis) => String(await ask(server, 'CLUSTER', 'MYID'));
  await setSlot(to, 'IMPORTING', await idOf(from));
  await setSlot(from, 'MIGRATING', await idOf(to));
  return {
    async keys() {
      for (;;) {
        const keys = await ask(from, 'CLUSTER', 'GETKEYSINSLOT', slot, KEYS_AT_ONCE);
        if (!Array.isArray(keys) || keys.length === 0) return;
        await ask(from, 'MIGRATE', '127.0.0.1', to.port, '', 0, MOVED_WITHIN_MS, 'KEYS', ...keys.map(String));
      }
    },
    async finish() {
      for (const server of [to, ...primaries]) await setSlot(server, 'NODE', await idOf(to));
    },
    async cancel() {
      for (const server of [from, to]) await setSlot(server, 'STABLE');
    },
  };
}
