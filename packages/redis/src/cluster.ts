import { type ClusterAddress, type Place, parsePlace, placeText } from './address.ts';
import { type Asked, askInTurn, askNode, commonTrouble, type Failure } from './ask-node.ts';
import { NoPrimary } from './no-primary.ts';
import { isReply, type Trouble } from './trouble.ts';

type ClusterOptions = ClusterAddress &
  Pick<Asked, 'credentials'> & {
    /** A key of the shard: where its slot is, are all others. */
    readonly key: string;
  };

const ASKING = '+cluster|slots +cluster|keyslot';

type Range = { readonly first: number; readonly last: number; readonly nodes: readonly Place[] };

/** Asks the nodes of a cluster which of them is the primary of a key. Rejects with NoPrimary. */
export function findInCluster({ nodes, natMap = {}, key, credentials }: ClusterOptions): (signal: AbortSignal) => Promise<Place> {
  const seeds = nodes.map(parsePlace);
  let found: readonly Place[] = [];
  const reached = (place: Place) => {
    const mapped = natMap[placeText(place)];
    return mapped === undefined ? place : parsePlace(mapped);
  };

  return askInTurn({
    // The nodes of the settings may all have been replaced since.
    nodes: () => distinct([...seeds, ...found]),
    async ask(node, signal) {
      const commands = [
        ['CLUSTER', 'KEYSLOT', key],
        ['CLUSTER', 'SLOTS'],
      ] as const;
      const [slot, slots] = await askNode({ node, credentials, commands, signal });
      const ranges = rangesIn(slots, node);
      const owner = ranges.find(({ first, last }) => first <= Number(slot) && Number(slot) <= last)?.nodes[0];
      if (owner === undefined) throw new NoPrimary(notServed(Number(slot)));
      found = distinct(ranges.flatMap((range) => range.nodes.map(reached)));
      return reached(owner);
    },
    explain,
  });
}

function distinct(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [placeText(place), place])).values()];
}

/** The reply of CLUSTER SLOTS: `[first, last, [host, port, id, …] of the primary, … of each replica]` for each range. */
function rangesIn(reply: unknown, asked: Place): Range[] {
  return listIn(reply).map((entry) => {
    const [first, last, ...nodes] = listIn(entry);
    return { first: Number(first), last: Number(last), nodes: nodes.map((node) => placeIn(listIn(node), asked)) };
  });
}

/** A node that knows no address of its own leaves it out: it is the one that was asked. */
function placeIn([host, port]: readonly unknown[], asked: Place): Place {
  const isKnown = typeof host === 'string' && host !== '' && host !== '?';
  return { host: isKnown ? host : asked.host, port: Number(port) };
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function notServed(slot: number): Trouble {
  const reason = `CLUSTERDOWN: no node of the cluster serves slot ${slot}, which holds our keys. CLUSTER INFO and CLUSTER SHARDS say more`;
  return { kind: 'CLUSTERDOWN', reason };
}

function explain(failures: readonly Failure[]): Trouble {
  const unserved = failures.find(({ error }) => error instanceof NoPrimary);
  if (unserved?.error instanceof NoPrimary) return { kind: unserved.error.kind, reason: unserved.error.message };
  const single = failures.find(({ error }) => isReply(error) && error.message.includes('cluster support disabled'));
  if (single) {
    const reason = `what listens at ${placeText(single.node)} is a single Redis and no node of a cluster. Name it in redis.url, and take redis.cluster out`;
    return { kind: 'no cluster', reason };
  }
  const denied = failures.find(({ error }) => isReply(error) && error.message.startsWith('NOPERM'));
  if (denied) {
    const reason = `NOPERM: the Redis user may not ask where our keys are. Allow it on every node: ACL SETUSER <user> ${ASKING}`;
    return { kind: 'NOPERM', reason };
  }
  return commonTrouble(failures, { what: 'no node of the cluster', where: 'redis.cluster.nodes' });
}
