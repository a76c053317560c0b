import { callbackKey } from '@ringback/contracts';
import type { AttemptRow, CallbackRow, DeliveryRow } from './rows.ts';

/** A Tuesday. */
export const T = Date.UTC(2026, 10, 24, 9);

export function callbackRow(id: string, more: Partial<CallbackRow> = {}): CallbackRow {
  const { source = 'callbot', account = 'main' } = more;
  return {
    id,
    source,
    account,
    type: 'callbot.order.finished',
    time: T - 5,
    receivedAt: T,
    key: callbackKey({ source, account, id }),
    body: `{"requestID":${JSON.stringify(id)}}`,
    batch: 'batch',
    dispatchedAt: T + 3,
    settings: 'digest',
    fate: { routes: [1], to: ['crm'] },
    subjects: {},
    ...more,
  };
}

export function deliveryRow({ key, receivedAt }: CallbackRow, more: Partial<DeliveryRow> = {}): DeliveryRow {
  return { key, receivedAt, output: 'crm', state: 'waiting', at: T + 3, ...more };
}

export function attemptRow({ key, receivedAt }: CallbackRow, more: Partial<AttemptRow> = {}): AttemptRow {
  return { key, receivedAt, output: 'crm', number: 1, at: T + 10, ms: 20, outcome: 'delivered', ...more };
}

/** `a`, `b`, … received one ms after another. */
export const callbackRows = (count: number, more: (i: number) => Partial<CallbackRow> = () => ({})): CallbackRow[] =>
  Array.from({ length: count }, (_, i) => callbackRow(`id-${i}`, { receivedAt: T + i, ...more(i) }));
