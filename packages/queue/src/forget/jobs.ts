import {
  type Callback,
  cannotDecrypt,
  CallbackBatch,
  callbacksOf,
  DeliveryPayload,
  groupCallbacks,
  QuarantinedCallback,
} from '@ringback/contracts';
import { Compile } from 'typebox/compile';
import { CALLBACKS, QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import type { Person } from './person.ts';

const batches = Compile(CallbackBatch);
const deliveries = Compile(DeliveryPayload);
const quarantined = Compile(QuarantinedCallback);

/** Of a job: the person's callbacks in it, and its data without them. No data: nothing of it is left. */
export type Found = { readonly gone: readonly Callback[]; readonly data?: unknown };

/**
 * Undefined: the person is not in it. `unreadable`: the person is named, but what holds it is no payload of ours; or
 * nobody can tell, since a body cannot be decrypted.
 */
export function findInJob(queue: string, text: string, person: Person): Found | 'unreadable' | undefined {
  try {
    return findIn(queue, text, person);
  } catch (error) {
    if (cannotDecrypt(error)) return 'unreadable';
    throw error;
  }
}

function findIn(queue: string, text: string, person: Person): Found | 'unreadable' | undefined {
  const data = jsonOf(text);
  if (queue === CALLBACKS && batches.Check(data)) return withoutPerson(data, person);
  if ((queue === QUARANTINE || queue === UNROUTED) && quarantined.Check(data)) {
    return isInQuarantined(data, person) ? { gone: [identityOf(data)] } : undefined;
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

function isInQuarantined(data: QuarantinedCallback, person: Person): boolean {
  const { body, encoding } = person.opened(data);
  const callback = identityOf(data);
  // Bytes that are no text are no callback: they may even look like an encrypted one.
  const isInBody =
    encoding === 'utf8' ? person.isIn({ ...callback, body }) : person.isNamed(Buffer.from(body, encoding).toString());
  return isInBody || person.isIn(callback) || person.isNamed(requestOf(data));
}

/** Without its body. */
function identityOf({ id, source, account, type = '', time, receivedAt, about }: QuarantinedCallback): Callback {
  return { id, source, account, type, time, receivedAt, body: '', ...(about !== undefined && { about }) };
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
