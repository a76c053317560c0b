// The usual way: a job per callback, a queue per output, a job per delivery. Same webhook output, so only
// queueing differs.
import type { Callback } from '@ringback/contracts';
import { createHttpClient, createOutput } from '@ringback/outputs';
import { createRouter } from '@ringback/routing';
import { Queue, Worker } from 'bullmq';
import { CONCURRENCY, readSettings } from '../settings.ts';
import { CALLBACKS, deliveriesOf, JOB_OPTIONS, queueAccess } from './plain-queue.ts';

const config = readSettings(process.env);
const access = queueAccess(process.env);
const router = createRouter(config);
const deps = { http: createHttpClient(), writeLine: () => Promise.resolve(), now: Date.now, sourceTypeOf: () => undefined };
const timeoutMs = 10_000;

const queues = new Map(config.outputs.map(({ name }) => [name, new Queue(deliveriesOf(name), access)]));
const queueOf = (name: string) => queues.get(name) ?? new Queue(deliveriesOf(name), access);
const workers = [
  new Worker<Callback>(
    CALLBACKS,
    async ({ data, id }) => {
      const { outputs } = router.route(data);
      await Promise.all(outputs.map((name) => queueOf(name).add('delivery', data, { ...JOB_OPTIONS, jobId: `${id}-${name}` })));
    },
    { ...access, concurrency: CONCURRENCY },
  ),
  ...config.outputs.map((settings) => {
    const output = createOutput(settings, deps);
    return new Worker<Callback>(
      deliveriesOf(settings.name),
      async ({ data, id = '', attemptsMade }) => {
        const delivery = { callback: data, output: settings.name, attempt: attemptsMade + 1, idempotencyKey: id };
        const result = await output.deliver(delivery, AbortSignal.timeout(timeoutMs));
        if (result.outcome !== 'delivered') throw new Error(result.reason);
      },
      { ...access, concurrency: CONCURRENCY },
    );
  }),
];
for (const worker of workers) worker.on('error', (error) => process.stdout.write(`${JSON.stringify({ msg: error.message })}\n`));
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
process.stdout.write(`${JSON.stringify({ msg: 'worker is up' })}\n`);
