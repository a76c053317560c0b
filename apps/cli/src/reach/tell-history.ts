import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { callbackKey, SILENT } from '@ringback/contracts';
import { type CallbackRef, createHandOver, type DeliveryState, type HistoryEvent } from '@ringback/history';
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
};

type Told = Pick<Reached, 'settings' | 'reached'>;

/** Of one event. A command may change a hundred thousand. */
const CALLBACKS_AT_ONCE = 500;

/** MUST be made before anything is changed: what workers do with it MUST be newer. */
export async function tellHistory(told: Told): Promise<TellHistory> {
  const [home] = told.reached;
  if (told.settings.history === undefined || home === undefined) return { action: async () => {}, deadLetters: async () => {} };
  const at = await timeOf(home).catch(() => Date.now());
  const handOver = createTelling(told, at);
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

function createTelling({ settings: { history, redis: settings } }: Told, at: number) {
  const most = Math.floor((history?.buffer ?? 0) / settings.shards);
  return async ({ redis, prefix }: ReachedShard, events: readonly HistoryEvent[]): Promise<void> => {
    const buffer = createHandOver({ redis, prefix, most: () => most, now: () => at, logger: SILENT });
    for (const event of events) await buffer.handOver(event);
    buffer.close();
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
