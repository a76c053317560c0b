import { Callback, callbackKey, placeOfKey, QuarantinedCallback } from '@ringback/contracts';
import type { LeavingCallback, LeavingDeadLetter } from '@ringback/queue';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { RestEntry } from '../store/rest.ts';

/** Holds personal data. */
const DeadLetter = Compile(
  Type.Object({ v: Type.Literal(1), batch: Type.String(), callback: Callback, answer: Type.Optional(Type.String()) }),
);
const Quarantined = Compile(Type.Object({ v: Type.Literal(1), entry: QuarantinedCallback }));

/** One for each delivery: a dead letter of a batch becomes several. */
export function deadLetterEntries(output: string, dead: LeavingDeadLetter): RestEntry[] {
  const { batch, callbacks, attempts, reason, fault, answer, time: at } = dead;
  return callbacks.map((callback) => {
    const { id: requestID, source, account, type, receivedAt } = callback;
    const key = callbackKey(callback);
    const why = { reason, fault, attempts };
    const payload = JSON.stringify({ v: 1, batch, callback, ...(answer !== undefined && { answer }) });
    const identity = { key, place: placeOfKey(key), requestID, source, account, type, batch, receivedAt };
    return { id: `dead.${batch}.${key}.${output}`, kind: 'dead-letter', output, ...identity, ...why, at, payload };
  });
}

export function quarantineEntry(kind: 'quarantine' | 'unrouted', { id, time, entry }: LeavingCallback): RestEntry {
  const { id: requestID, source, account, type, receivedAt, reason, code } = entry;
  const key = callbackKey(entry);
  const identity = { key, place: placeOfKey(key), requestID, source, account, type, receivedAt };
  const fault = kind === 'unrouted' ? 'ours' : 'theirs';
  return { id: `${kind}.${id}`, kind, ...identity, at: time, reason, code, fault, payload: JSON.stringify({ v: 1, entry }) };
}

/** Undefined: not of our making, or newer. */
export function readDeadLetter({ payload }: Pick<RestEntry, 'payload'>) {
  const value = jsonOf(payload);
  return DeadLetter.Check(value) ? value : undefined;
}

export function readQuarantined({ payload }: Pick<RestEntry, 'payload'>): QuarantinedCallback | undefined {
  const value = jsonOf(payload);
  return Quarantined.Check(value) ? value.entry : undefined;
}

function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
