import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { callbackKey, type Fault, SILENT } from '@ringback/contracts';
import { type CallbackRef, createHandOver, type DeliveryState, type HistoryEvent, type OpenHandOver } from '@ringback/history';
import type { Kept } from '@ringback/queue';
import type { ReachedShard } from './shards.ts';
import type { Reached } from './with-redis.ts';

type Action = {
  /** As it was typed: `outputs pause`. */
  readonly command: string;
  /** Without personal data. Undefined values are left out. */
  readonly facts: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly callbacks?: readonly CallbackRef[];
};

/** Tells the history what a person does. Never rejects. Without a history it sends nothing. */
export type TellHistory = {
  action(action: Action): Promise<void>;
  /** Dead letters that were replayed (`waiting`) or purged: no attempt says so. */
  deadLetters(state: DeliveryState, kept: readonly Kept[]): Promise<void>;
  /** For any number of deliveries, some hundred at once. MUST be ended. Undefined: there is no history. */
  changes(): TellChanges | undefined;
};

type Change = {
  readonly output: string;
  readonly state: DeliveryState;
  readonly reason?: string;
  readonly fault?: Fault;
};

export type TellChanges = {
  add(shard: Pick<ReachedShard, 'number'>, change: Change, callbacks: readonly CallbackRef[]): Promise<void>;
  /** Tells what was added. MUST come before it is removed: a command that is killed cannot tell it afterwards. */
  flush(): Promise<void>;
  /** Tells the rest. */
  end(): Promise<void>;
};

type Told = Pick<Reached, 'settings' | 'reached'>;

/** Of one event. A command may change a hundred thousand. */
const CALLBACKS_AT_ONCE = 500;

const NOTHING: TellHistory = { action: async () => {}, deadLetters: async () => {}, changes: () => undefined };

/** MUST be made before anything is changed: what workers do with it MUST be newer. */
export async function tellHistory(told: Told): Promise<TellHistory> {
  const [home] = told.reached;
  if (told.settings.history === undefined || home === undefined) return NOTHING;
  const at = await timeOf(home).catch(() => Date.now());
  const handOver = async (shard: ReachedShard, events: readonly HistoryEvent[]): Promise<void> => {
    const buffer = openBuffer(told, shard, at);
    for (const event of events) await buffer.handOver(event);
    buffer.close();
  };
  return {
    action: ({ command, facts, callbacks = [] }) => {
      const known = Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
      const action = { v: 1, kind: 'acted', at, by: person(), command, facts: Object.fromEntries(known) } as const;
      const portions = portionsOf(callbacks);
      const parts = portions.length === 0 ? [action] : portions.map((part) => ({ ...action, callbacks: part }));
      return handOver(
        home,
        parts.map((part) => ({ ...part, id: randomUUID() })),
      );
    },
    async deadLetters(state, kept) {
      for (const [number, own] of Map.groupBy(kept, (one) => one.shard ?? home.number)) {
        const shard = told.reached.find((one) => one.number === number) ?? home;
        await handOver(shard, changesOf(own, { state, at }));
      }
    },
    changes: () => collectChanges(told, at),
  };
}

function changesOf(kept: readonly Kept[], change: { readonly state: DeliveryState; readonly at: number }): HistoryEvent[] {
  return [...Map.groupBy(kept, ({ output }) => output)].flatMap(([output, same]) =>
    output === undefined
      ? []
      : portionsOf(refsOf(same)).map((deliveries) => ({
          v: 1 as const,
          kind: 'changed' as const,
          output,
          ...change,
          deliveries,
        })),
  );
}

export function refsOf(kept: readonly Kept[]): CallbackRef[] {
  return kept.flatMap(({ callbacks }) =>
    callbacks.flatMap((callback) => {
      const { receivedAt } = callback;
      return receivedAt === undefined ? [] : [{ key: callbackKey(callback), receivedAt }];
    }),
  );
}

function openBuffer({ settings: { history, redis: settings } }: Told, { redis, prefix }: ReachedShard, at: number) {
  const most = Math.floor((history?.buffer ?? 0) / settings.shards);
  return createHandOver({ redis, prefix, most: () => most, now: () => at, logger: SILENT });
}

type Collected = { readonly shard: ReachedShard; readonly change: Change; readonly refs: CallbackRef[] };

function collectChanges(told: Told, at: number): TellChanges {
  const buffers = openBuffers(told, at);
  let [collected, count] = [new Map<string, Collected>(), 0];
  const flush = async () => {
    const all = [...collected.values()];
    [collected, count] = [new Map(), 0];
    const events = all.flatMap(({ shard, change, refs }) =>
      portionsOf(refs).map((deliveries) => ({ shard, event: { v: 1, kind: 'changed', at, ...change, deliveries } as const })),
    );
    await Promise.all(events.map(({ shard, event }) => buffers.send(shard, event)));
  };
  return {
    async add({ number }, change, callbacks) {
      const shard = told.reached.find((one) => one.number === number);
      if (shard === undefined || callbacks.length === 0) return;
      const name = JSON.stringify([number, change]);
      const known = collected.get(name) ?? { shard, change, refs: [] };
      collected.set(name, known);
      for (const { key, receivedAt } of callbacks) known.refs.push({ key, receivedAt });
      count += callbacks.length;
      if (count >= CALLBACKS_AT_ONCE) await flush();
    },
    flush,
    async end() {
      await flush();
      await buffers.end();
    },
  };
}

/** Of each shard, when it is needed. */
function openBuffers(told: Told, at: number) {
  const buffers = new Map<ReachedShard, OpenHandOver>();
  return {
    async send(shard: ReachedShard, event: HistoryEvent): Promise<void> {
      const buffer = buffers.get(shard) ?? openBuffer(told, shard, at);
      buffers.set(shard, buffer);
      // What found no room is said to Redis at once, as a gap: the command may be killed.
      if (!(await buffer.offer(event))) await buffer.giveWay();
    },
    async end(): Promise<void> {
      for (const buffer of buffers.values()) {
        await buffer.giveWay();
        buffer.close();
      }
    },
  };
}

async function timeOf({ redis }: ReachedShard): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

function portionsOf(refs: readonly CallbackRef[]): CallbackRef[][] {
  const count = Math.ceil(refs.length / CALLBACKS_AT_ONCE);
  return Array.from({ length: count }, (_, index) => refs.slice(index * CALLBACKS_AT_ONCE, (index + 1) * CALLBACKS_AT_ONCE));
}

/** A container may have no name for its user. */
export function person(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}@${hostname()}`;
  }
}
