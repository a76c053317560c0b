import { Callback, callbackKey, placeOfKey } from '@ringback/contracts';
import type { MarkedShare, ParkedGroup } from '@ringback/queue';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { RestEntry, Resting } from '../store/rest.ts';

/** All that is needed to bring a parked delivery back. Holds personal data. */
const Parked = Compile(
  Type.Object({
    v: Type.Literal(1),
    batch: Type.String(),
    /** Id of the bodies that it was parked from. */
    from: Type.String(),
    callback: Callback,
  }),
);

type Payload = { readonly batch: string; readonly from: string; readonly callback: Callback };

/** Named by batch, callback and output: what is parked again is the same entry. */
export function parkedEntry(output: string, { batch, from, callback }: Payload, at: number): RestEntry {
  const { id: requestID, source, account, type, receivedAt } = callback;
  const key = callbackKey(callback);
  const identity = { key, place: placeOfKey(key), requestID, source, account, type, batch, receivedAt };
  const payload = JSON.stringify({ v: 1, batch, from, callback });
  return { id: `${batch}.${key}.${output}`, kind: 'parked', output, ...identity, at, payload };
}

export function entriesOf({ output, id, batch, callbacks }: MarkedShare, at: number): RestEntry[] {
  return callbacks.map((callback) => parkedEntry(output, { batch, from: id, callback }, at));
}

export type Readable = { readonly entry: Resting; readonly payload: Payload };
type RestingGroup = ParkedGroup & { readonly entries: readonly Resting[] };

/** Those of one batch that were parked from the same bodies go together. */
export function groupsOf(output: string, readable: readonly Readable[]): RestingGroup[] {
  const groups = Map.groupBy(readable, ({ payload: { batch, from } }) => `${batch} ${from}`);
  return [...groups.values()].flatMap((own): RestingGroup[] => {
    const [first] = own;
    if (first === undefined) return [];
    const { batch, from } = first.payload;
    const deliveries = own.map(({ payload: { callback }, entry: { round } }) => ({ callback, round }));
    return [{ output, batch, from, deliveries, entries: own.map(({ entry }) => entry) }];
  });
}

export function readParked({ payload }: Pick<Resting, 'payload'>): Payload | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    return Parked.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
