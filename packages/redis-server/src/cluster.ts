import { until } from '@ringback/server-programs';
import { askRedis, type ReachedRedis } from './ask.ts';

const COMES_UP_WITHIN_MS = 60_000;
const SLOTS = 16_384;
export const PRIMARIES = 3;
/** Three primaries, and a replica of each. */
export const CLUSTER_SIZE = 2 * PRIMARIES;
/** From when on a silent node counts as down. Short for a fast failover, long for a busy machine. ms. */
const DOWN_AFTER_MS = 3000;

/** What a server needs beside its other settings to be a node. */
export const CLUSTER_SETTINGS: readonly string[] = [
  '--cluster-enabled',
  'yes',
  '--cluster-node-timeout',
  String(DOWN_AFTER_MS),
  '--repl-diskless-sync-delay',
  '0',
];

/** A node on this machine. */
export type ClusterNode = ReachedRedis & { readonly port: number };

/**
 * Makes one cluster of new servers: the first `count` are primaries, the others, if there are any, a replica of each. Resolves
 * once every node finds the cluster sound. @throws Error after a minute without progress
 */
export async function joinCluster(nodes: readonly ClusterNode[], count = PRIMARIES): Promise<void> {
  const primaries = nodes.slice(0, count);
  const [first] = primaries;
  if (first === undefined || ![count, 2 * count].includes(nodes.length)) throw new Error('not a replica for each primary');
  for (const [index, primary] of primaries.entries()) await askRedis(primary, 'CLUSTER', 'ADDSLOTS', ...slotsOf(index, count));
  for (const [index, node] of nodes.entries()) await askRedis(node, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  for (const { port } of nodes.slice(1)) await askRedis(first, 'CLUSTER', 'MEET', '127.0.0.1', port);
  await Promise.all(nodes.map((node) => comesUp('node', () => says(node, `cluster_known_nodes:${nodes.length}`))));
  for (const [index, replica] of nodes.slice(count).entries()) {
    const id = String(await askRedis(primaries[index] ?? first, 'CLUSTER', 'MYID'));
    // It may not have heard yet that this one is a primary.
    await comesUp('replica', async () => (await askRedis(replica, 'CLUSTER', 'REPLICATE', id).catch(() => '')) === 'OK');
    await replicaLinked(replica);
  }
  await clusterSound(nodes);
}

/** Resolves once every node finds the cluster sound. @throws Error after a minute */
export async function clusterSound(nodes: readonly ClusterNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => comesUp('cluster', () => says(node, 'cluster_state:ok'))));
}

/** Resolves once a replica follows its primary. @throws Error after a minute */
export async function replicaLinked(node: ClusterNode): Promise<void> {
  await comesUp('link', async () => String(await askRedis(node, 'INFO', 'replication')).includes('master_link_status:up'));
}

/** Whether a node has slots, by what another node knows. */
export async function hasSlots({ port }: ClusterNode, asked: ClusterNode): Promise<boolean> {
  const lines = String(await askRedis(asked, 'CLUSTER', 'NODES')).split('\n');
  // <id> <address> <flags> <primary> <ping> <pong> <epoch> <link> <slots>…
  const fields = lines.map((line) => line.split(' ')).find(([, address = '']) => address.includes(`:${port}@`));
  return (fields?.length ?? 0) > 8;
}

function slotsOf(primary: number, count: number): number[] {
  const [from = 0, to = 0] = [primary, primary + 1].map((part) => Math.floor((SLOTS * part) / count));
  return Array.from({ length: to - from }, (_, index) => from + index);
}

const says = async (node: ClusterNode, text: string) => String(await askRedis(node, 'CLUSTER', 'INFO')).includes(text);

const comesUp = (what: string, check: () => Promise<boolean>) =>
  until(check, { withinMs: COMES_UP_WITHIN_MS, what: () => `${what} of a cluster of Redis servers` });
