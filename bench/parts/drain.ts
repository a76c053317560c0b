import type { Deliverer } from '../contestants/contestant.ts';
import { micros } from '../clock.ts';
import { cpuMs, threadCpuMs } from '../measure/process.ts';
import { since } from '../measure/redis.ts';
import type { App } from '../processes.ts';
import { STATUS_FOR } from '../settings.ts';
import type { World } from '../world.ts';
import { send } from './send.ts';

const DRAINED_WITHIN_MS = 300_000;
/** Its name in apps/worker. */
const WRITER_THREAD = 'history';

export type DrainOptions = {
  readonly contestant: Deliverer;
  readonly callbacks: number;
  readonly outputs: 1 | 3;
  readonly delayMs: number;
  readonly secondWorker?: App | undefined;
};

export type Drained = {
  readonly deliveriesPerSecond: number;
  /** µs per delivery. */
  readonly workerCpuMicros: number;
  /** Of these, in the thread that writes the history. */
  readonly writerCpuMicros: number;
  /** µs per callback, with ack and all deliveries. */
  readonly redisMicros: number;
  /** Per callback. */
  readonly scripts: number;
  readonly commands: number;
  /** Bytes from and to clients. */
  readonly redisBytes: number;
  /** Per finished callback. */
  readonly bytesKept: number;
  readonly repeats: number;
};

/** Fills the queue, then starts the worker and waits for the last delivery. */
export async function drain(world: World, options: DrainOptions): Promise<Drained> {
  const { contestant, callbacks, outputs, delayMs, secondWorker } = options;
  const { worker, redis, queues, streams } = contestant;
  const workers = secondWorker ? [worker, secondWorker] : [worker];
  const deliveries = callbacks * outputs;
  await redis.empty(queues);
  await world.sink.call('reset', { delayMs, noted: 0 });
  const before = await redis.figures();
  for (const one of workers) one.stop();
  await send(world, { contestant, count: callbacks, taskStatus: STATUS_FOR[outputs] });
  const [cpuBefore, writerBefore] = [cpuMs(worker.pid), threadCpuMs(worker.pid, WRITER_THREAD)];
  const started = micros();
  for (const one of workers) one.resume();
  const lastAt = await world.sink.call('counted', deliveries, DRAINED_WITHIN_MS);
  await redis.idle(queues, streams);
  const used = since(before, await redis.figures());
  return {
    deliveriesPerSecond: (deliveries / (lastAt - started)) * 1e6,
    workerCpuMicros: ((cpuMs(worker.pid) - cpuBefore) * 1000) / deliveries,
    writerCpuMicros: ((threadCpuMs(worker.pid, WRITER_THREAD) - writerBefore) * 1000) / deliveries,
    redisMicros: (used.cpuMs * 1000) / callbacks,
    scripts: used.scripts / callbacks,
    commands: used.commands / callbacks,
    redisBytes: (used.netInBytes + used.netOutBytes) / callbacks,
    bytesKept: used.bytes / callbacks,
    repeats: (await world.sink.call('count', undefined)) - deliveries,
  };
}
