import { callbackKey } from '@ringback/contracts';
import { SAMPLE_ACCOUNT, taskBody } from '@ringback/testkit/bare';
import { SOURCE } from '../settings.ts';

/** One request of the small run. Its body names it, so that the destination knows which one arrived. */
export type Message = {
  readonly name: string;
  readonly requestID: string;
  readonly body: string;
  /** How it ends at each output. Absent: it is no callback of its own, and MUST NOT arrive anywhere. */
  readonly ends?: Readonly<Record<Output, End>>;
};

export const OUTPUTS = ['crm', 'ops'] as const;
export type Output = (typeof OUTPUTS)[number];
/** The status of the answers that a destination gives, the last one again and again. `mended`: 400 until it is mended, then 200. */
type End = readonly number[] | 'mended';

const TAKEN: End = [200];
const bodyOf = (name: string) => taskBody({ userTaskID: name });

function message(name: string, ops: End = TAKEN, requestID = name): Message {
  return { name, requestID, body: bodyOf(name), ends: { crm: TAKEN, ops } };
}

const plain = message('plain');
const other = message('other');
const refused = message('refused', [400]);

/** The requests of the small run, by the part that they play. */
export const messages = {
  plain,
  other,
  retried: message('retried', [503, 200]),
  replayed: message('replayed', 'mended'),
  /** A dead letter for good. */
  refused,
  /** The same callback again. */
  duplicate: { name: 'duplicate', requestID: plain.requestID, body: plain.body },
  /** The same requestID, another body. */
  conflict: { name: 'conflict', requestID: other.requestID, body: bodyOf('conflict') },
  /** Correctly signed, and not as documented. */
  unfit: { name: 'unfit', requestID: 'unfit', body: taskBody({ userTaskID: 'unfit', taskID: 1 }) },
  spooled: message('spooled'),
  spooledToo: message('spooled-too'),
  /** Comes under the requestID of a dead letter, after the dedupe window has ended: a new callback. */
  afterWindow: message('after-window', [503, 200], refused.requestID),
} as const satisfies Readonly<Record<string, Message>>;

/** Every request that is a callback of its own, hence two deliveries. */
export const callbacks: readonly Message[] = Object.values<Message>(messages).filter(({ ends }) => ends !== undefined);

/** Under which the ledger knows it. */
export function keyOf({ requestID }: Pick<Message, 'requestID'>): string {
  return callbackKey({ source: SOURCE, account: SAMPLE_ACCOUNT.uuid, id: requestID });
}

/** Names one delivery. */
export const deliveryName = (output: string, name: string) => `${name} at ${output}`;
