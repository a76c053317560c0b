// The usual way: `await queue.add` for each callback, then the ack.
import { createSources } from '@ringback/sources';
import { Queue } from 'bullmq';
import { readSettings } from '../settings.ts';
import { CALLBACKS, JOB_OPTIONS, queueAccess } from './plain-queue.ts';
import { buildVerifyingApp } from './verifying-app.ts';

const [source] = createSources(readSettings(process.env).sources);
if (!source) throw new Error('the settings have no source');
const queue = new Queue(CALLBACKS, queueAccess(process.env));
await queue.waitUntilReady();
// BullMQ drops repeats by id.
const app = buildVerifyingApp(source, (callback) =>
  queue.add('callback', callback, { ...JOB_OPTIONS, jobId: `callback-${callback.id}` }),
);
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${JSON.stringify({ msg: 'ingress is up', url })}\n`);
