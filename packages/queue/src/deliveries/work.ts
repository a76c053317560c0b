import { type Callback, callbackKey, callbacksOf, DeliveryPayload } from '@ringback/contracts';
import { Compile } from 'typebox/compile';

const payload = Compile(DeliveryPayload);

/** The deliveries that a job holds: their batch, and the keys of the callbacks. */
type DeliveryWork = { readonly batch: string; readonly keys: ReadonlySet<string> };

/** Undefined: not ours, or its bodies are stored elsewhere. */
export function deliveryWork(data: unknown): DeliveryWork | undefined {
  if (!payload.Check(data) || data.kind === 'reference') return undefined;
  const callbacks: readonly Callback[] = data.kind === 'single' ? [data.callback] : callbacksOf(data);
  return { batch: data.batch, keys: new Set(callbacks.map(callbackKey)) };
}

/** True if the standing job holds all of our deliveries. */
export function coversWork(standing: unknown, ours: unknown): boolean {
  const [theirs, own] = [deliveryWork(standing), deliveryWork(ours)];
  return (
    theirs !== undefined && own !== undefined && theirs.batch === own.batch && [...own.keys].every((key) => theirs.keys.has(key))
  );
}
