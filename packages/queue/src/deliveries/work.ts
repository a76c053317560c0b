import { type Callback, callbackKey, callbacksOf, DeliveryPayload } from '@ringback/contracts';
import { Compile } from 'typebox/compile';

const payload = Compile(DeliveryPayload);

/** The deliveries that a job of an output holds: of which batch, and the keys of the callbacks. */
type DeliveryWork = { readonly batch: string; readonly keys: ReadonlySet<string> };

/** Undefined: no payload of ours, or one whose bodies stand elsewhere. */
export function deliveryWork(data: unknown): DeliveryWork | undefined {
  if (!payload.Check(data) || data.kind === 'reference') return undefined;
  const callbacks: readonly Callback[] = data.kind === 'single' ? [data.callback] : callbacksOf(data);
  return { batch: data.batch, keys: new Set(callbacks.map(callbackKey)) };
}

/** True when the job that stands there holds all deliveries of ours. */
export function coversWork(standing: unknown, ours: unknown): boolean {
  const [theirs, own] = [deliveryWork(standing), deliveryWork(ours)];
  return (
    theirs !== undefined && own !== undefined && theirs.batch === own.batch && [...own.keys].every((key) => theirs.keys.has(key))
  );
}
