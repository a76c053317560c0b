import type { RedisServerSpec } from '@ringback/redis-server';
import { createSamples, type Samples } from './measure/samples.ts';
import { measureAgainst } from './parts/against.ts';
import { measureBacklog } from './parts/backlog.ts';
import { measureEncryption } from './parts/encryption.ts';
import { measureHistory } from './parts/history.ts';
import { measureIngress } from './parts/ingress.ts';
import { measureMetrics } from './parts/metrics.ts';
import { measureShards } from './parts/shards.ts';
import { measureTwoProcesses } from './parts/two-processes.ts';
import { measureWorker } from './parts/worker.ts';
import type { Plan } from './plan.ts';
import { withClosing } from './processes.ts';
import { createWorld, type World } from './world.ts';

/** In order. */
export const PARTS = {
  ingress: measureIngress,
  worker: measureWorker,
  'two-processes': measureTwoProcesses,
  backlog: measureBacklog,
  history: measureHistory,
  encryption: measureEncryption,
  metrics: measureMetrics,
} as const satisfies Record<string, (world: World) => Promise<void>>;

export type PartName = keyof typeof PARTS;

export type BenchOptions = {
  readonly plan: Plan;
  readonly parts: readonly PartName[];
  /** Another checkout of Ringback, which is compared with this one in place of the parts. */
  readonly against?: string | undefined;
  /** Shards over the servers of a cluster, in place of the parts. */
  readonly shards?: boolean;
  readonly spec: RedisServerSpec;
  readonly say: (line: string) => void;
  /** Rejects to stop the run. */
  readonly interrupted: Promise<never>;
};

export async function runBench({ plan, parts, against, shards = false, spec, say, interrupted }: BenchOptions): Promise<Samples> {
  const samples = createSamples();
  await withClosing(async (onClose) => {
    const world = await createWorld({ plan, samples, spec, say, onClose });
    const measured = async () => {
      if (against !== undefined) return measureAgainst(world, against);
      if (shards) return measureShards(world);
      for (const part of parts) await PARTS[part](world);
    };
    await Promise.race([measured(), interrupted]);
  });
  return samples;
}
