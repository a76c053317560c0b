import {
  createSink,
  postCallback,
  printed,
  type SinkRequest,
  startApp,
  startRedisServer,
  taskBody,
  writeSettings,
} from '@ringback/testkit';
import { Redis } from 'ioredis';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { onTestFinished, vi } from 'vitest';
import { type Dump, dump } from './dump.ts';
import { PREFIX, upgradeSettings } from './settings.ts';

const DEADLINE = { timeout: 60_000, interval: 50 };
const BEFORE_TROUBLE = 4;
const MOST_BEYOND = 200;

export type Payloads = {
  /** The commit whose code wrote them. */
  readonly madeBy: string;
  /** requestID and taskID of every callback that was acked. */
  readonly acked: Readonly<Record<string, string>>;
  /** `<output> <requestID>` of what had been delivered. */
  readonly delivered: readonly string[];
  readonly keys: Dump;
};

const Envelope = Type.Object({ requestID: Type.String() });

/** `<output> <requestID>` of a request at the sink. */
export function deliveryOf({ path, body }: SinkRequest): string {
  return `${path.slice(1)} ${Value.Parse(Envelope, JSON.parse(body.toString())).requestID}`;
}

/** A Ringback whose sink hangs, fails or refuses as the path says, after the first deliveries. */
async function open() {
  const server = await startRedisServer();
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  const sink = await createSink();
  onTestFinished(() => sink.close());
  sink.answer((count, { path }) => {
    if (count <= BEFORE_TROUBLE || path === '/limited') return 200;
    return path === '/flaky' ? 500 : path === '/refused' ? 400 : 'hang';
  });
  const env = { REDIS_URL: server.url, RINGBACK_CONFIG: await writeSettings(upgradeSettings({ url: sink.url })) };
  const [ingress, worker] = [startApp({ app: 'ingress', env }), startApp({ app: 'worker', env })];
  const url = String((await ingress.line('ingress is up'))['url']);
  await worker.line('worker is up');
  return { redis, sink, env, ingress, worker, url };
}

/** Runs this Ringback until each kind of payload stands in Redis, kills its worker, and dumps what is there. */
export async function makePayloads(madeBy: string): Promise<Payloads> {
  const { redis, sink, env, ingress, worker, url } = await open();
  const acked: Record<string, string> = {};
  const post = async (requestID: string, taskID: string) => {
    const { body } = await postCallback({ ingress: url, requestID, body: taskBody({ taskID }) });
    if (body.retCode === 0) acked[requestID] = taskID;
  };
  const send = (taskID: string, count = 3) =>
    Promise.all(Array.from({ length: count }, (_, index) => post(`${taskID.replaceAll(/\W/g, '-')}-${index + 1}`, taskID)));
  const dispatched = () =>
    vi.waitFor(async () => {
      const left = await Promise.all(['wait', 'active'].map((list) => redis.llen(`${PREFIX}:callbacks:${list}`)));
      if (left.some((length) => length > 0)) throw new Error('not dispatched');
    }, DEADLINE);

  await send('crm+erp/delivered', BEFORE_TROUBLE / 2);
  await vi.waitFor(() => {
    if (sink.requests.length < BEFORE_TROUBLE) throw new Error('not delivered');
  }, DEADLINE);
  const kinds = ['crm/batch', 'crm+erp/reference', 'flaky/retry', 'limited/rate', 'refused/dead', 'nowhere/unrouted'];
  for (const taskID of kinds) await send(taskID).then(dispatched);
  await postCallback({ ingress: url, requestID: 'crm-erp-delivered-1', body: taskBody({ taskID: 'crm/conflict' }) });
  await postCallback({ ingress: url, requestID: 'misfit-1', body: '{"callbackType":1}' });
  for (const name of ['erp', 'bounded']) await printed(env, 'outputs', 'pause', name);
  // Until the worker knows of the pause, and no more finds room.
  for (let n = 1; (await redis.zcard(`${PREFIX}:output.bounded:failed`)) < 2; n += 1) {
    if (n > MOST_BEYOND) throw new Error('the backlog of bounded has no end');
    await post(`bounded-beyond-${n}`, 'bounded/beyond').then(dispatched);
  }
  await send('crm+erp/held').then(dispatched);
  await worker.stop('SIGKILL');
  await send('crm+erp/waiting');
  await ingress.stop();
  const delivered = sink.requests.filter(({ path }, index) => index < BEFORE_TROUBLE || path === '/limited').map(deliveryOf);
  return { madeBy, acked, delivered: delivered.toSorted(), keys: await dump(redis) };
}
