import type { Callback } from '@ringback/contracts';
import type { CallbackRef, CallbackRow, FoundCallback, HistoryFilter, HistoryStore } from '@ringback/history';

const PAGE = 200;

type Wanted = { readonly filter: HistoryFilter; readonly bodies: boolean; readonly pageSize?: number };

/** All that fit, the newest first, a page in memory at a time. */
export async function* eachCallback(
  store: Pick<HistoryStore, 'find'>,
  { filter, bodies, pageSize = PAGE }: Wanted,
): AsyncGenerator<FoundCallback> {
  let after: CallbackRef | undefined;
  for (;;) {
    const page = await store.find(filter, { limit: pageSize, bodies, ...(after && { after }) });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = { key: last.key, receivedAt: last.receivedAt };
  }
}

/** Undefined: its body is no longer kept. */
export function callbackOf({ id, source, account, type, time, receivedAt, body, about }: CallbackRow): Callback | undefined {
  if (body === undefined) return undefined;
  return { id, source, account, type, time, receivedAt, body, ...(about !== undefined && { about }) };
}
