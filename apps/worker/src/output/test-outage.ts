import { callbackKey, type Delivery, type DeliveryResult, type DeliverySettings, type Logger } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, onTestFinished, vi } from 'vitest';
import { openOutput } from './output.ts';
import { openLane } from './output-lane.ts';
import { testShard } from '../shard/test-shard.ts';

export const DEADLINE = { timeout: 20_000, interval: 20 };
export const DAY = 86_400_000;
const AWAY: DeliveryResult = { outcome: 'retry', failure: 'unavailable', reason: 'connection refused' };
export const ERROR: DeliveryResult = { outcome: 'retry', failure: 'error', reason: 'HTTP 500' };
export const OK: DeliveryResult = { outcome: 'delivered' };

/** Low traffic never opens this breaker. */
const breaker = { enabled: true, failures: 1000, failingFor: DAY, cooldown: 20, maxHold: 60_000 };
const retry = { attempts: 3, giveUpAfter: 3 * DAY, minDelay: 5, maxDelay: 20 };

type Settings = {
  retry?: Partial<DeliverySettings['retry']>;
  breaker?: Partial<DeliverySettings['breaker']>;
  rateLimit?: DeliverySettings['rateLimit'];
};

const line = () => vi.fn<Logger['info']>();
const of = (ids: readonly string[]) => ids.map((id) => testCallback(id));

/** At first the destination is away. */
export function startOutage(settings: Settings = {}) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const logger = { debug: line(), info: line(), warn: line(), error: line() };
  const { attempts, destination, output } = createDestination();
  const ledger = createLedger({ redis, prefix, window: 60_000 });
  const { rateLimit } = settings;
  const limits = {
    retry: { ...retry, ...settings.retry },
    breaker: { ...breaker, ...settings.breaker },
    ...(rateLimit && { rateLimit }),
  };
  const delivery = { timeout: 1000, concurrency: 4, backlog: { over: 'hold' as const }, ...limits };
  const stanza = { name: 'crm', type: 'test', settings: {}, delivery };
  const stopping = new AbortController().signal;
  const common = { ledger, shard: testShard({ redis, prefix }), stopping, now: () => performance.now(), logger };
  const open = (served = openOutput({ ...common, output, settings: stanza })) =>
    openLane({ ...common, output: served, access: { redis, prefix, lockDuration: 2000 } });
  const first = openOutput({ ...common, output, settings: stanza });
  const lane = open(first);
  const lanes = [lane];
  const queue = new Queue('output.crm', { connection: redis, prefix });
  onTestFinished(async () => {
    await Promise.all(lanes.map((one) => one.close(5000)));
    await queue.close();
    redis.disconnect();
  });
  const given = { queue, attempts, destination, ledger, logger, redis, prefix, lane, breaker: first.breaker.status };
  return {
    ...given,
    replaceWorker: async () => {
      await lane.close(5000);
      lanes.push(open());
    },
    send: (...ids: string[]) => lane.producer.addBatch({ id: 'b1', callbacks: of(ids), again: false }),
    outcomes: (...ids: string[]) => ledger.outcomes({ batch: 'b1', output: 'crm' }, of(ids).map(callbackKey)),
    attempted: (count: number) => vi.waitFor(() => expect(attempts.length).toBeGreaterThanOrEqual(count), DEADLINE),
    reasons: async () => (await queue.getFailed()).map(({ failedReason }) => failedReason),
  };
}

function createDestination() {
  /** `first`: answers before that. */
  const destination: { answer: DeliveryResult; first: DeliveryResult[] } = { answer: AWAY, first: [] };
  const attempts: Delivery[] = [];
  async function deliver(made: Delivery): Promise<DeliveryResult> {
    attempts.push(made);
    return destination.first.shift() ?? destination.answer;
  }
  return { destination, attempts, output: { name: 'crm', deliver } };
}
