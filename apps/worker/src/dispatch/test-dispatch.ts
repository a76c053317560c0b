import { type Callback, type CallbackBatch, callbacksOf, type QuarantinedCallback } from '@ringback/contracts';
import { createLedger, type Ledger } from '@ringback/ledger';
import {
  createQuarantine,
  createRouteCounts,
  createUnroutedQuarantine,
  openQuarantineStore,
  readRouteCounts,
} from '@ringback/queue';
import { readLately } from '@ringback/redis';
import { createRouter } from '@ringback/routing';
import { testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { onTestFinished, vi } from 'vitest';
import { createDispatch, type Sharding } from './dispatch.ts';
import type { FanOut } from './fan-out.ts';
import type { BusinessKeyOf } from './business-duplicates.ts';

export type Routes = Parameters<typeof createRouter>[0]['routes'];
type Added = { output: string; batchId: string; ids: string[]; again: boolean };

const EVERYTHING: Routes = [{ match: ['*'], to: ['crm', 'ops'] }];

const NO_BUSINESS_KEY: BusinessKeyOf = () => undefined;

const spy = () => vi.fn<(fields: object, message: string) => void>();

function isEntry(data: unknown): data is QuarantinedCallback {
  return typeof data === 'object' && data !== null && 'reason' in data;
}

/** A dispatcher on a real ledger with an observable fan-out. */
export function setUp({
  failing = new Set<string>(),
  routes = EVERYTHING,
  businessKeyOf = NO_BUSINESS_KEY,
  quarantineFor = 10,
  prefix = testRedis().prefix,
  nearlyFull = (): boolean => false,
  sharding = undefined as Sharding | undefined,
} = {}) {
  const redis = new Redis(testRedis().url);
  onTestFinished(() => redis.disconnect());
  const logger = { debug: spy(), info: spy(), warn: spy(), error: spy() };
  const added: Added[] = [];
  const ledger = createLedger({ redis, prefix, window: 60_000 });
  const fanOut = createTestFanOut(failing, added);
  const bounds = { maxCount: quarantineFor, maxSize: 1_000_000 };
  const quarantine = createQuarantine({ redis, prefix, bounds });
  const unroutedQuarantine = createUnroutedQuarantine({ redis, prefix, bounds });
  const rest = {
    ...(sharding && { sharding }),
    router: createRouter({ routes }),
    businessKeyOf,
    nearlyFull,
    now: Date.now,
    logger,
  };
  const dispatch = createDispatch({
    ...rest,
    ledger,
    claims: ledger,
    fanOut,
    quarantine,
    unroutedQuarantine,
    counts: createRouteCounts({ redis, prefix }),
  });
  return { ...createOperator({ redis, prefix, ledger }), prefix, dispatch, added, failing, logger };
}

function createTestFanOut(failing: ReadonlySet<string>, added: Added[]): FanOut {
  return async ({ id: batchId, again }, perOutput) => {
    const add = async (output: string, callbacks: readonly Callback[]) => {
      if (failing.has(output)) throw new Error(`${output} is out of order`);
      added.push({ output, batchId, ids: callbacks.map(({ id }) => id), again });
    };
    await Promise.all([...perOutput].map(([output, callbacks]) => add(output, callbacks)));
  };
}

const asCallback = ({ v: _v, type = '', encoding: _encoding, reason: _reason, ...entry }: QuarantinedCallback): Callback => ({
  ...entry,
  type,
});

type OperatorDeps = { readonly redis: Redis; readonly prefix: string; readonly ledger: Pick<Ledger, 'release'> };

function createOperator({ redis, prefix, ledger }: OperatorDeps) {
  return {
    quarantined: async (name = 'quarantine'): Promise<QuarantinedCallback[]> => {
      const queue = new Queue(name, { connection: redis, prefix });
      const jobs = await queue.getWaiting();
      await queue.close();
      return jobs.map(({ data }): unknown => data).filter(isEntry);
    },
    counted: () => readRouteCounts({ redis, prefix }),
    lately: () => readLately({ redis, prefix }),
    /** Resolves to the reason of each that was not sent again. */
    replay: async (): Promise<(string | undefined)[]> => {
      const store = openQuarantineStore({
        redis,
        prefix,
        read: asCallback,
        release: (batch, keys) => ledger.release(batch, keys),
      });
      const problems = [];
      for await (const kept of store.find({})) problems.push(await store.replay(kept));
      await store.close();
      return problems;
    },
    queued: async (): Promise<Callback[]> => {
      const queue = new Queue<CallbackBatch>('callbacks', { connection: redis, prefix });
      const jobs = await queue.getWaiting();
      await queue.close();
      return jobs.flatMap(({ data }) => callbacksOf(data));
    },
  };
}
