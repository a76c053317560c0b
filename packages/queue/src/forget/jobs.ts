import {
  type Callback,
  CallbackBatch,
  callbacksOf,
  DeliveryPayload,
  groupCallbacks,
  QuarantinedCallback,
  SEALED_MARK,
} from '@ringback/contracts';
import { Compile } from 'typebox/compile';
import { CALLBACKS, QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import type { Person } from './person.ts';

const batches = Compile(CallbackBatch);
const deliveries = Compile(DeliveryPayload);
const quarantined = Compile(QuarantinedCallback);

/** Of a job: the person's callbacks in it, and its data without them. No data: nothing of it is left. */
export type Found = { readonly gone: readonly Callback[]; readonly data?: unknown };

/** Undefined: the person is not in it. `unreadable`: the person is named, but what holds it is no payload of ours. */
export function findInJob(queue: string, text: string, person: Person): Found | 'unreadable' | undefined {
  const data = jsonOf(text);
  if (queue === CALLBACKS && batches.Check(data)) return withoutPerson(data, person);
  if ((queue === QUARANTINE || queue === UNROUTED) && quarantined.Check(data)) {
    const callback = readQuarantined(data);
    return person.isIn(callback) || person.isNamed(requestOf(data)) ? { gone: [callback] } : undefined;
  }
  if (deliveries.Check(data)) {
    if (data.kind === 'batch') return withoutPerson(data, person);
    // The bodies are stored elsewhere.
    if (data.kind === 'reference') return undefined;
    const { callback, answer } = data;
    const isIn = person.isIn(callback) || (answer !== undefined && person.isNamed(answer));
    return isIn ? { gone: [callback] } : undefined;
  }
  return person.isNamed(text) ? 'unreadable' : undefined;
}

function withoutPerson(data: CallbackBatch, person: Person): Found | undefined {
  const all = callbacksOf(data);
  const gone = all.filter((callback) => person.isIn(callback));
  if (gone.length === 0) return undefined;
  const left = all.filter((callback) => !gone.includes(callback));
  return left.length === 0 ? { gone } : { gone, data: { ...data, groups: groupCallbacks(left) } };
}

function readQuarantined(entry: QuarantinedCallback): Callback {
  const { id, source, account, type = '', time, receivedAt, body, encoding, about } = entry;
  const text = encoding === 'utf8' || body.startsWith(SEALED_MARK) ? body : Buffer.from(body, encoding).toString();
  return { id, source, account, type, time, receivedAt, body: text, ...(about !== undefined && { about }) };
}

const requestOf = ({ path, query, headers }: QuarantinedCallback) => JSON.stringify([path, query, headers]);

/** Of what is not JSON: nothing that fits. */
function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
