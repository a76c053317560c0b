import { costAt, type Costs, type Figure } from './costs.ts';

export type Demand = {
  /** Callbacks a second. */
  readonly rate: number;
  /** That each callback goes to. */
  readonly outputs: number;
  /** `dedupe.window`, s. */
  readonly window: number;
  /** s of callbacks that may wait in Redis while no worker runs. */
  readonly backlog: number;
  /** ms that a destination takes to answer. */
  readonly destination: number;
};

export type Limits = {
  /** Of a core that may be busy. The rest is for peaks, and for a process that is being replaced. */
  readonly coreShare: number;
  /** `maxmemory` of a primary, and the share of it that may be used: `redis.overload.memory.high` at most. */
  readonly memoryBytes: number;
  readonly memoryShare: number;
  /** Of a primary, in both directions together, and the share of it that may be used. */
  readonly networkBytes: number;
  readonly networkShare: number;
  /** `maxclients` of a primary. */
  readonly connections: number;
  readonly replicas: number;
  /** ms that a write of an ingress to a shard may take while much comes. The next batch gathers meanwhile. */
  readonly writeTime: number;
  readonly shardsPerPrimary: number;
  /** Largest `redis.shards`. */
  readonly shards: number;
  /** `concurrency` of an output. */
  readonly concurrency: number;
};

export const USUAL_LIMITS: Limits = {
  coreShare: 0.6,
  memoryBytes: 64 * 2 ** 30,
  memoryShare: 0.7,
  networkBytes: 10e9 / 8,
  networkShare: 0.5,
  connections: 10_000,
  replicas: 1,
  writeTime: 20,
  shardsPerPrimary: 4,
  shards: 256,
  concurrency: 32,
};

/** One to be replaced while the other works. */
const LEAST_PROCESSES = 2;
const ROUNDS = 1000;

export type Sizing = {
  readonly ingresses: number;
  readonly workers: number;
  readonly primaries: number;
  readonly shards: number;
  /** Callbacks in a batch of an ingress and a shard. */
  readonly batch: number;
  /** How many primaries each of these would need by itself. */
  readonly primariesFor: { readonly core: number; readonly memory: number; readonly network: number };
  /** How many workers each of these would need by itself. */
  readonly workersFor: { readonly core: number; readonly underWay: number };
  /** Shards that each worker serves, so that a primary's `maxclients` is not exceeded. */
  readonly served: number;
  readonly connectionsPerWorker: number;
  readonly connectionsPerPrimary: number;
  /** In bytes, of all primaries. */
  readonly memory: { readonly kept: number; readonly waiting: number };
  /** False: not with one installation, since there are fewer shards or cores than it would take. */
  readonly fits: boolean;
};

/** The smallest installation for a demand. More processes and shards make smaller batches, which cost more: it repeats until both agree. */
export function sizeFor(costs: Costs, demand: Demand, limits: Limits): Sizing {
  let sized = sizeAt(costs, demand, limits, {
    ingresses: LEAST_PROCESSES,
    workers: LEAST_PROCESSES,
    shards: 1,
    batch: costs.batch,
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    const waiting = ((demand.rate / sized.ingresses / sized.shards) * limits.writeTime) / 1000;
    const batch = Math.min(costs.batch, Math.max(1, waiting));
    const next = sizeAt(costs, demand, limits, { ...sized, batch });
    const agrees = next.shards === sized.shards && next.ingresses === sized.ingresses && next.workers === sized.workers;
    if (agrees && batch === sized.batch) return next;
    sized = next;
  }
  return { ...sized, fits: false };
}

type Before = Pick<Sizing, 'ingresses' | 'workers' | 'shards' | 'batch'>;

export type Split = { readonly installations: number; readonly each: Sizing };

const MOST_INSTALLATIONS = 256;

/** Over as few installations as it takes: each has its own part of the accounts. Undefined if it never fits. */
export function splitFor(costs: Costs, demand: Demand, limits: Limits): Split | undefined {
  for (let installations = 1; installations <= MOST_INSTALLATIONS; installations += 1) {
    const each = sizeFor(costs, { ...demand, rate: demand.rate / installations }, limits);
    if (each.fits) return { installations, each };
  }
  return undefined;
}

function sizeAt(costs: Costs, demand: Demand, limits: Limits, before: Before): Sizing {
  const { rate, outputs } = demand;
  const { batch, shards: shardsBefore } = before;
  const perCallback = (figure: Figure) => costAt(figure, outputs, batch, costs.batch);
  const core = limits.coreShare * 1e6;
  const processesFor = (micros: number, standing: number) => (rate * micros) / Math.max(0, core - standing * shardsBefore);

  const ingresses = Math.max(
    LEAST_PROCESSES,
    Math.ceil(processesFor(costAt(costs.ingressMicros, 1, batch, costs.batch), costs.standing.ingress)),
  );
  const workersFor = {
    core: processesFor(perCallback(costs.workerMicros), costs.standing.worker),
    underWay: (rate * demand.destination) / 1000 / limits.concurrency,
  };
  const workers = Math.max(LEAST_PROCESSES, Math.ceil(Math.max(workersFor.core, workersFor.underWay)));
  const memory = {
    kept: rate * demand.window * perCallback(costs.keptBytes),
    waiting: rate * demand.backlog * costAt(costs.waitingBytes, 1, batch, costs.batch),
  };
  const standing = (ingresses + workers) * shardsBefore * costs.standing.redis;
  const primariesFor = {
    core: (rate * perCallback(costs.redisMicros) + standing) / core,
    memory: (memory.kept + memory.waiting) / (limits.memoryBytes * limits.memoryShare),
    network: (rate * networkOf(costs, perCallback, limits.replicas)) / (limits.networkBytes * limits.networkShare),
  };
  const primaries = Math.ceil(Math.max(primariesFor.core, primariesFor.memory, primariesFor.network));
  const shards = primaries === 1 ? 1 : Math.min(limits.shards, primaries * limits.shardsPerPrimary);
  const connections = connectionsOf({ ingresses, workers, shards, primaries, outputs }, limits.connections);
  const fits = [ingresses, workers, primaries].every(Number.isFinite) && primaries <= shards && connections.fits;
  return { ingresses, workers, primaries, shards, batch, primariesFor, workersFor, memory, ...connections, fits };
}

/** Bytes per callback, in and out. */
export function networkOf(costs: Costs, perCallback: (figure: Figure) => number, replicas: number): number {
  const { ackInBytes, ackOutBytes, deliverInBytes, deliverOutBytes, writtenBytes } = costs;
  const clients = [ackInBytes, ackOutBytes, deliverInBytes, deliverOutBytes].reduce(
    (sum, figure) => sum + perCallback(figure),
    0,
  );
  return clients + replicas * perCallback(writtenBytes);
}

type Sizes = Pick<Sizing, 'ingresses' | 'workers' | 'shards' | 'primaries'> & { readonly outputs: number };

/** A worker serves all shards, or half of them, a third … until a primary can take the connections. */
function connectionsOf({ ingresses, workers, shards, primaries, outputs }: Sizes, limit: number) {
  const perPrimary = Math.ceil(shards / primaries);
  for (let groups = 1; groups <= shards; groups += 1) {
    const served = Math.ceil(shards / groups);
    const blocking = (workers / groups) * perPrimary * (outputs + 1);
    const connectionsPerPrimary = Math.ceil((ingresses + workers) * perPrimary + blocking);
    const fits = connectionsPerPrimary <= limit;
    const connectionsPerWorker = shards + served * (outputs + 1) + 1;
    if (fits || served === 1) return { served, connectionsPerWorker, connectionsPerPrimary, fits };
  }
  throw new Error('there is no shard');
}
