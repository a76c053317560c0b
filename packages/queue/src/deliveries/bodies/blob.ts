import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import {
  bodyDigest,
  type Callback,
  callbacksOf,
  groupCallbacks,
  RingbackError,
  StoredBodies,
  versionFor,
} from '@ringback/contracts';
import { Compile } from 'typebox/compile';
import { NewerPayload, newerThan } from '../../bullmq/newer-payloads.ts';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);
const stored = Compile(StoredBodies);

/** The first byte names the format. A new format needs a new `v` of what names the bodies. */
const PLAIN = 'j'.charCodeAt(0);
const DEFLATED = 'z'.charCodeAt(0);

export type Blob = { readonly bytes: Buffer; readonly digest: string };

/**
 * Callbacks of a batch as one value. `compact` for bodies that rest: JSON of many callbacks shrinks to a fifth,
 * for some 5 µs each.
 */
export async function encodeBodies(batch: string, callbacks: readonly Callback[], compact: boolean): Promise<Blob> {
  const bodies: StoredBodies = { v: versionFor(callbacks), batch, groups: groupCallbacks(callbacks) };
  const text = JSON.stringify(bodies);
  const content = compact ? await deflate(text, { level: 1 }) : Buffer.from(text);
  return { bytes: Buffer.concat([Buffer.of(compact ? DEFLATED : PLAIN), content]), digest: bodyDigest(text) };
}

export const isCompact = (blob: Buffer): boolean => blob[0] === DEFLATED;

/** @throws NewerPayload, RingbackError RB_PAYLOAD_INVALID, whatever is wrong with it */
export async function decodeBodies(blob: Buffer): Promise<{ batch: string; callbacks: Callback[] }> {
  const content = blob.subarray(1);
  const text = isCompact(blob) ? await inflate(content).catch(notOurs) : content;
  const bodies = parseStored(text);
  if (!stored.Check(bodies)) {
    const newer = newerThan(StoredBodies, bodies);
    if (newer) throw new NewerPayload(newer);
    return notOurs();
  }
  return { batch: bodies.batch, callbacks: callbacksOf(bodies) };
}

/** @throws RingbackError RB_PAYLOAD_INVALID */
export function parseStored(text: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(text.toString());
    return value;
  } catch {
    return notOurs();
  }
}

/** No `cause`: JSON's error quotes the text, which is personal data. */
export function notOurs(): never {
  throw new RingbackError('RB_PAYLOAD_INVALID', 'the stored bodies of a batch are not of our making');
}
