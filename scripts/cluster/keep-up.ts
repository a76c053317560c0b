import { hasSlots, type RedisServer, until } from '@ringback/redis-server';

/** A dead primary that no replica has replaced by then comes back as the primary. ms. */
const REPLACED_WITHIN_MS = 15_000;

export type KeepUpOptions = {
  readonly port: number;
  /** By port. A node that has ended is not in it. */
  readonly running: Map<number, RedisServer>;
  readonly startNode: (port: number) => Promise<void>;
  readonly say: (line: string) => void;
  /** Aborted: a node that ends stays down. */
  readonly stopping: AbortSignal;
};

/**
 * Starts a node again each time that it ends, as a supervisor does. A primary waits until a replica has replaced it, so that a
 * failover can be seen, and comes back as a replica. @throws Error if the node does not start
 */
export async function keepUp({ port, running, startNode, say, stopping }: KeepUpOptions): Promise<void> {
  for (let node = running.get(port); node !== undefined; node = running.get(port)) {
    const how = await node.ended;
    running.delete(port);
    if (stopping.aborted) return;
    say(`node ${port}: ${how.split(/:?\n/, 1)[0]}; it is started again`);
    await replaced(node, { running, stopping });
    if (stopping.aborted) return;
    await startNode(port);
    say(`node ${port}: is back`);
  }
}

/** Gives up after a while. */
async function replaced(node: RedisServer, { running, stopping }: Pick<KeepUpOptions, 'running' | 'stopping'>): Promise<void> {
  const isReplaced = async () => {
    const asked = [...running.values()].map((other) => hasSlots(node, other));
    return stopping.aborted || !(await Promise.any(asked).catch(() => true));
  };
  await until(isReplaced, { withinMs: REPLACED_WITHIN_MS, what: () => 'another primary' }).catch(() => {});
}
