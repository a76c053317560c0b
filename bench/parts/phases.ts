import type { Deliverer } from '../contestants/contestant.ts';
import { micros } from '../clock.ts';
import { cpuMs } from '../measure/process.ts';
import { type RedisFigures, since } from '../measure/redis.ts';
import { STATUS_FOR } from '../settings.ts';
import type { World } from '../world.ts';
import { send } from './send.ts';

const DELIVERED_WITHIN_MS = 300_000;

export type PhaseOptions = {
  readonly contestant: Deliverer;
  readonly callbacks: number;
  readonly outputs: 1 | 3;
  readonly connections?: number;
};

/** Acks first, while the worker stands still. Then the deliveries, while nothing comes. All figures are per callback. */
export async function measurePhases(world: World, options: PhaseOptions): Promise<Record<string, number>> {
  const { contestant, callbacks, outputs, ...connections } = options;
  const { worker, redis, queues } = contestant;
  await redis.empty(queues);
  await world.sink.call('reset', { delayMs: 0, noted: 0 });
  const before = await redis.figures();
  worker.stop();
  const sent = await send(world, { contestant, count: callbacks, taskStatus: STATUS_FOR[outputs], ...connections });
  const acked = await redis.figures();
  const [workerBefore, sinkBefore] = [cpuMs(worker.pid), cpuMs(world.sink.pid)];
  const started = micros();
  worker.resume();
  const lastAt = await world.sink.call('counted', callbacks * outputs, DELIVERED_WITHIN_MS);
  await redis.idle(queues);
  const delivered = await redis.figures();
  const per = (total: number) => total / callbacks;
  return {
    ackedPerSecond: sent.ackedPerSecond,
    deliveriesPerSecond: ((callbacks * outputs) / (lastAt - started)) * 1e6,
    leastShare: since(before, acked).leastScripts / since(before, acked).scripts,
    batch: callbacks / since(before, acked).scripts,
    ingressMicros: sent.cpuMicros,
    loadMicros: per(sent.cpuMs) * 1000,
    workerMicros: per(cpuMs(worker.pid) - workerBefore) * 1000,
    sinkMicros: per(cpuMs(world.sink.pid) - sinkBefore) * 1000,
    requestBytes: per(sent.bytes),
    deliveredBytes: per(await world.sink.call('bytes', undefined)),
    waitingBytes: per(since(before, acked).bytes),
    keptBytes: per(since(before, delivered).bytes),
    ...redisFigures('ack', since(before, acked), callbacks),
    ...redisFigures('deliver', since(acked, delivered), callbacks),
  };
}

function redisFigures(phase: 'ack' | 'deliver', figures: RedisFigures, callbacks: number): Record<string, number> {
  const { cpuMs: ms, netInBytes, netOutBytes, writtenBytes } = figures;
  return {
    [`${phase}RedisMicros`]: (ms * 1000) / callbacks,
    [`${phase}InBytes`]: netInBytes / callbacks,
    [`${phase}OutBytes`]: netOutBytes / callbacks,
    [`${phase}WrittenBytes`]: writtenBytes / callbacks,
  };
}
