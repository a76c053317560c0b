import { ALERTS, type Callback } from '@ringback/contracts';
import type { CallbackRef, CallbackRow, FoundCallback, HistoryFilter, HistoryStore } from '@ringback/history';

const PAGE = 200;

type Wanted = { readonly filter: HistoryFilter; readonly bodies: boolean; readonly pageSize?: number };

/** All that fit, the newest first, a page in memory at a time. Alerts of ours only if they are asked for: no route sees them. */
export async function* eachCallback(
  store: Pick<HistoryStore, 'find'>,
  { filter, bodies, pageSize = PAGE }: Wanted,
): AsyncGenerator<FoundCallback> {
  const takesAlerts = filter.source === ALERTS.source || filter.id !== undefined;
  let after: CallbackRef | undefined;
  for (;;) {
    const page = await store.find(filter, { limit: pageSize, bodies, ...(after && { after }) });
    yield* takesAlerts ? page : page.filter(({ source }) => source !== ALERTS.source);
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
