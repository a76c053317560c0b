import type { Resting } from '@ringback/history';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Live } from './look-in-redis.ts';

type Holders = {
  readonly key: string;
  readonly live?: Live | undefined;
  readonly deliveriesAtRest: readonly Pick<Resting, 'key' | 'payload'>[];
};

/** Of what rests as a delivery. */
const Payload = Compile(Type.Object({ callback: Type.Object({ traceparent: Type.String() }) }));

/** As ingresses write it. Only then spans of it are sent. */
const SAMPLED = /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/;

/** The history's rows do not keep it: it is known while Redis, or what rests, holds the callback. */
export function traceIdOf({ key, live, deliveriesAtRest }: Holders): string | undefined {
  const held = [live?.queued?.callback, ...(live?.deliveries ?? []).map(({ standing }) => standing?.callback)];
  const resting = deliveriesAtRest.filter((entry) => entry.key === key).map(({ payload }) => traceparentIn(payload));
  const all = [...held.map((callback) => callback?.traceparent), ...resting];
  return all.map((traceparent) => SAMPLED.exec(traceparent ?? '')?.[1]).find((id) => id !== undefined);
}

function traceparentIn(payload: string): string | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    return Payload.Check(value) ? value.callback.traceparent : undefined;
  } catch {
    return undefined;
  }
}
